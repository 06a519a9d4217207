import type { Json } from '@countersign/token';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { segment } from '../http/admin-api.js';
import { values, wholeValues } from '../options.js';
import { readJsonFile } from '../settings/read-json-file.js';
import { readPrivateText } from '../settings/read-private-text.js';
import type { Terminal } from '../terminal.js';
import { certificateChanges, type CertificateOptions } from './client-certificate.js';
import { loginChanges, type LoginOptions } from './client-login.js';
import { columns, edit, fieldsOf, merge, removeAsSeen, type Changes } from './edit.js';

interface ClientOptions extends CertificateOptions, LoginOptions {
  readonly service?: string;
  readonly jwks?: string;
  readonly jwksUri?: string;
  readonly network?: readonly string[];
  readonly ca?: string;
  readonly keys?: false;
  readonly algorithm?: readonly string[];
  readonly identity?: readonly string[];
  readonly identities?: false;
}

/** `client list|show|add|set|remove`: who may ask for tokens. */
export function addClientCommands(program: Command, terminal: Terminal): void {
  const client = program.command('client').description('who may ask for tokens');
  client.command('list').description('every client').action(act(terminal, list));
  client
    .command('show <id>')
    .description('one client and all it holds')
    .action(act(terminal, show));
  withMembers(client.command('add <id>'))
    .description('a new client; give it a secret with: countersign secret add <id>')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign client add web\n  countersign client add herald --service herald --jwks-uri https://herald.example/.well-known/jwks.json',
    )
    .action(act(terminal, add));
  withMembers(client.command('set <id>'))
    .description('change some of what a client is; the rest stays')
    .addHelpText(
      'after',
      '\nExample:\n  countersign client set billing --identity cluster=system:serviceaccount:prod:billing',
    )
    .action(act(terminal, set));
  client
    .command('remove <id>')
    .description('remove a client with its secrets, keys, identities and grants')
    .action(act(terminal, remove));
}

function withMembers(command: Command): Command {
  return command
    .option('--service <name>', 'the service this client is; `none`')
    .option('--jwks <file>', 'its public keys: a JWK Set')
    .option('--jwks-uri <url>', 'where its public keys are')
    .option('--network <cidr>', 'a private network that URL may be on (repeatable)', values)
    .option('--ca <file>', 'PEM certificates that may vouch for that URL')
    .option('--no-keys', 'take its public keys away')
    .option('--algorithm <names>', 'what it may sign with (repeatable, or with commas)', values)
    .option(
      '--identity <issuer=subject>',
      'a workload it is (repeatable; all of them)',
      wholeValues,
    )
    .option('--no-identities', 'take its identities away')
    .option(
      '--certificate <how>',
      'its TLS certificate, known by subject=<name>, dns=<host> or uri=<uri>, by file=<PEM> (repeatable), or by its keys: keys',
      wholeValues,
    )
    .option('--no-certificate', 'take its certificate away')
    .option(
      '--bind <to>',
      'what its tokens must be bound to: dpop, certificate (repeatable, or with commas); `none`',
      values,
    )
    .option('--login-name <name>', 'people log in to it, and know it by this name')
    .option(
      '--redirect-uri <url>',
      'where they are sent back to (repeatable; all of them)',
      wholeValues,
    )
    .option('--logout-uri <url>', 'where they are sent after a logout (repeatable)', wholeValues)
    .option('--consent <how>', 'whether they are asked what it may do: ask, implied')
    .option('--no-login', 'nobody logs in to it any more');
}

async function changesOf(options: ClientOptions, invocation: Invocation): Promise<Changes> {
  const { service, algorithm, identity } = options;
  return {
    ...(service === undefined ? {} : { service: service === 'none' ? undefined : service }),
    ...(algorithm === undefined ? {} : { algorithms: algorithm }),
    ...(identity === undefined ? {} : { identities: identity.map(identityOf) }),
    ...(options.identities === false ? { identities: [] } : {}),
    ...(options.keys === false ? { keys: undefined } : await keysOf(options, invocation)),
    ...(await certificateChanges(options, invocation.terminal)),
    ...loginChanges(options),
  };
}

function identityOf(text: string): { issuer: string; subject: string } {
  const [, issuer, subject] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (issuer !== undefined && subject !== undefined) return { issuer, subject };
  throw new CliError('usage', 'An identity is <name of an issuer>=<subject>.');
}

async function keysOf(options: ClientOptions, { terminal }: Invocation): Promise<Changes> {
  const { jwks, jwksUri, network, ca } = options;
  if (jwks !== undefined && jwksUri !== undefined) {
    throw new CliError('usage', 'Give --jwks or --jwks-uri, not both.');
  }
  if (jwks !== undefined)
    return { keys: { jwks: keySetOf(await readJsonFile(jwks, 'key set', terminal)) } };
  if (jwksUri === undefined) {
    if (network === undefined && ca === undefined) return {};
    throw new CliError('usage', '--network and --ca belong to --jwks-uri.');
  }
  return {
    keys: {
      jwksUri,
      ...(network === undefined ? {} : { networks: network }),
      ...(ca === undefined ? {} : { ca: (await readPrivateText(ca, 'CA file', terminal)).text }),
    },
  };
}

function keySetOf(json: Json): readonly Json[] {
  const keys = (json as { keys?: unknown } | null)?.keys;
  if (Array.isArray(keys)) return keys as Json[];
  throw new CliError('configuration', 'The key set is no JWK Set: { "keys": [ … ] }.');
}

async function list({ reader, output }: Invocation): Promise<void> {
  const clients = await (await reader()).list('clients');
  output.rows(
    clients.map(({ grants, ...client }) => ({
      ...client,
      grants,
      services: Array.isArray(grants)
        ? grants.map((grant) => (grant as { service?: string }).service ?? '')
        : [],
    })),
    columns('id', ['is', 'service'], ['granted', 'services']),
    'There are no clients.',
  );
}

async function show({ reader, output }: Invocation, _: unknown, id: string): Promise<void> {
  const api = await reader();
  const client = await api.get(`clients/${segment(id)}`);
  const secrets = await api.list(`clients/${segment(id)}/secrets`);
  const whole = { ...client, secrets };
  output.record(whole, fieldsOf(whole));
}

async function add(invocation: Invocation, options: ClientOptions, id: string): Promise<void> {
  const document = merge({ id }, await changesOf(options, invocation));
  const made = await (await invocation.writer()).put(`clients/${segment(id)}`, document, 'absent');
  invocation.output.done(`Added the client ${id}.`, made);
}

async function set(invocation: Invocation, options: ClientOptions, id: string): Promise<void> {
  const changes = await changesOf(options, invocation);
  if (Object.keys(changes).length === 0)
    throw new CliError('usage', 'Nothing to change was given.');
  const path = `clients/${segment(id)}`;
  const changed = await edit(await invocation.writer(), path, () => changes);
  invocation.output.done(`Changed the client ${id}.`, changed);
}

async function remove(invocation: Invocation, _: unknown, id: string): Promise<void> {
  await invocation.confirm(`Remove the client ${id} with everything it holds?`);
  await removeAsSeen(await invocation.writer(), `clients/${segment(id)}`);
  invocation.output.done(`Removed the client ${id}.`, { removed: id });
}
