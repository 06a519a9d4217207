import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { segment } from '../http/admin-api.js';
import { span, values } from '../options.js';
import { readJsonFile } from '../settings/read-json-file.js';
import { readPrivateText } from '../settings/read-private-text.js';
import type { Terminal } from '../terminal.js';
import { columns, edit, fieldsOf, merge, removeAsSeen, type Changes } from './edit.js';

interface IssuerOptions {
  readonly kind?: string;
  readonly iss?: string;
  readonly jwks?: string;
  readonly jwksUri?: string;
  readonly discover?: boolean;
  readonly algorithm?: readonly string[];
  readonly maxLifetime?: number;
  readonly subjects?: readonly string[];
  readonly scope?: readonly string[];
  readonly network?: readonly string[];
  readonly ca?: string;
}

/** `issuer list|show|add|set|remove`: whose tokens this server believes, and how far. */
export function addIssuerCommands(program: Command, terminal: Terminal): void {
  const issuer = program.command('issuer').description('other issuers whose tokens are believed');
  issuer.command('list').description('every issuer').action(act(terminal, list));
  issuer.command('show <name>').description('one issuer').action(act(terminal, show));
  withMembers(issuer.command('add <name>'))
    .description('trust another issuer')
    .addHelpText(
      'after',
      '\nExample:\n  countersign issuer add cluster --kind workloads --iss https://kubernetes.default.svc --jwks-uri https://10.0.0.1/openid/v1/jwks --network 10.0.0.0/8 --ca ca.pem --algorithm RS256 --max-lifetime 1h',
    )
    .action(act(terminal, add));
  withMembers(issuer.command('set <name>'))
    .description('change some of what is believed; the rest stays')
    .addHelpText('after', '\nExample:\n  countersign issuer set cluster --max-lifetime 30m')
    .action(act(terminal, set));
  issuer.command('remove <name>').description('trust it no more').action(act(terminal, remove));
}

function withMembers(command: Command): Command {
  return command
    .option('--kind <kind>', 'users or workloads')
    .option('--iss <iss>', 'exactly as it stands in its tokens, or spiffe://<trust domain>')
    .option('--jwks <file>', 'its public keys: a JWK Set')
    .option('--jwks-uri <url>', 'where its public keys are')
    .option('--discover', 'its metadata says where its keys are')
    .option('--algorithm <names>', 'what it may sign with (repeatable, or with commas)', values)
    .option('--max-lifetime <span>', 'longest life of its tokens, such as 15m', span)
    .option('--subjects <prefixes>', 'URI prefixes of users it may speak for', values)
    .option('--scope <names>', 'what its tokens may be worth at most', values)
    .option('--network <cidr>', 'a private network its keys may be on (repeatable)', values)
    .option('--ca <file>', 'PEM certificates that may vouch for its server');
}

async function changesOf(options: IssuerOptions, { terminal }: Invocation): Promise<Changes> {
  const { kind, iss, algorithm, maxLifetime, subjects, scope, network, ca } = options;
  return given({
    kind,
    issuer: iss,
    keys: await keysOf(options, terminal),
    algorithms: algorithm,
    maxLifetime,
    subjects,
    scopes: scope,
    networks: network,
    ca: ca === undefined ? undefined : (await readPrivateText(ca, 'CA file', terminal)).text,
  });
}

async function keysOf(
  { jwks, jwksUri, discover }: IssuerOptions,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<Changes['keys']> {
  if ([jwks, jwksUri, discover].filter((source) => source !== undefined).length > 1) {
    throw new CliError('usage', 'Give one of --jwks, --jwks-uri and --discover.');
  }
  if (jwksUri !== undefined) return { jwksUri };
  if (discover === true) return { discover: true };
  if (jwks === undefined) return undefined;
  const set = await readJsonFile(jwks, 'key set', terminal);
  const keys = (set as { keys?: Changes['keys'] } | null)?.keys;
  if (!Array.isArray(keys)) {
    throw new CliError('configuration', 'The key set is no JWK Set: { "keys": [ … ] }.');
  }
  return { jwks: keys };
}

const given = (members: Changes): Changes =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

async function list({ reader, output }: Invocation): Promise<void> {
  const issuers = await (await reader()).list('issuers');
  output.rows(
    issuers,
    columns('name', 'kind', 'issuer', 'algorithms', ['lifetime', 'maxLifetime']),
    'No other issuer is trusted.',
  );
}

async function show({ reader, output }: Invocation, _: unknown, name: string): Promise<void> {
  const issuer = await (await reader()).get(`issuers/${segment(name)}`);
  output.record(issuer, fieldsOf(issuer));
}

async function add(invocation: Invocation, options: IssuerOptions, name: string): Promise<void> {
  const document = merge({ name }, await changesOf(options, invocation));
  const made = await (
    await invocation.writer()
  ).put(`issuers/${segment(name)}`, document, 'absent');
  invocation.output.done(`Trusts ${name} from now on.`, made);
}

async function set(invocation: Invocation, options: IssuerOptions, name: string): Promise<void> {
  const changes = await changesOf(options, invocation);
  if (Object.keys(changes).length === 0)
    throw new CliError('usage', 'Nothing to change was given.');
  const path = `issuers/${segment(name)}`;
  const changed = await edit(await invocation.writer(), path, () => changes);
  invocation.output.done(`Changed the issuer ${name}.`, changed);
}

async function remove(invocation: Invocation, _: unknown, name: string): Promise<void> {
  await invocation.confirm(`Trust ${name} no more?`);
  await removeAsSeen(await invocation.writer(), `issuers/${segment(name)}`);
  invocation.output.done(`Trusts ${name} no more.`, { removed: name });
}
