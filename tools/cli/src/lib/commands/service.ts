import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { segment } from '../http/admin-api.js';
import { values, wholeNumber } from '../options.js';
import { readJsonFile } from '../settings/read-json-file.js';
import type { Terminal } from '../terminal.js';
import { columns, edit, fieldsOf, merge, removeAsSeen, type Changes } from './edit.js';

interface ServiceOptions {
  readonly audience?: string;
  readonly scope?: readonly string[];
  readonly lifetime?: number | 'default';
  readonly algorithm?: string;
  readonly encryptionKey?: string;
}

/** `service list|show|add|set|remove`: what tokens can be meant for. */
export function addServiceCommands(program: Command, terminal: Terminal): void {
  const service = program.command('service').description('what tokens can be meant for');
  service.command('list').description('every service').action(act(terminal, list));
  service.command('show <name>').description('one service').action(act(terminal, show));
  withMembers(service.command('add <name>'))
    .description('a new service')
    .addHelpText(
      'after',
      '\nExample:\n  countersign service add census --audience https://census.example/ --scope users:read,users:write',
    )
    .action(act(terminal, add));
  withMembers(service.command('set <name>'))
    .description('change some of what a service is; the rest stays')
    .addHelpText(
      'after',
      '\nA scope that is left out is lost to every client that was granted it.\n\nExample:\n  countersign service set census --lifetime 120',
    )
    .action(act(terminal, set));
  service
    .command('remove <name>')
    .description('remove a service that nobody was granted anything of')
    .action(act(terminal, remove));
}

function withMembers(command: Command): Command {
  return command
    .option('--audience <url>', 'its URL, as it stands in tokens')
    .option('--scope <names>', 'all the scopes it offers (repeatable, or with commas)', values)
    .option('--lifetime <seconds>', "life of its tokens; `default` for the server's own", lifetime)
    .option('--algorithm <name>', 'what signs its tokens: ES256, RS256, …; `default`')
    .option('--encryption-key <file>', 'public JWK its tokens are encrypted to; `none`');
}

const lifetime = (value: string): number | 'default' =>
  value === 'default' ? value : wholeNumber(1, 86_400)(value);

async function changesOf(options: ServiceOptions, { terminal }: Invocation): Promise<Changes> {
  const { audience, scope, algorithm, encryptionKey } = options;
  return {
    ...(audience === undefined ? {} : { audience }),
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(options.lifetime === undefined
      ? {}
      : { tokenLifetime: options.lifetime === 'default' ? undefined : options.lifetime }),
    ...(algorithm === undefined
      ? {}
      : { algorithm: algorithm === 'default' ? undefined : algorithm }),
    ...(encryptionKey === undefined
      ? {}
      : {
          encryptionKey:
            encryptionKey === 'none'
              ? undefined
              : await readJsonFile(encryptionKey, 'encryption key', terminal),
        }),
  };
}

async function list({ reader, output }: Invocation): Promise<void> {
  const services = await (await reader()).list('services');
  output.rows(
    services,
    columns('name', 'audience', 'scopes', ['lifetime', 'tokenLifetime'], 'algorithm'),
    'There are no services.',
  );
}

async function show({ reader, output }: Invocation, _: unknown, name: string): Promise<void> {
  const service = await (await reader()).get(`services/${segment(name)}`);
  output.record(service, fieldsOf(service));
}

async function add(invocation: Invocation, options: ServiceOptions, name: string): Promise<void> {
  if (options.audience === undefined || options.scope === undefined) {
    throw new CliError('usage', 'A new service needs --audience and --scope.');
  }
  const document = merge({ name }, await changesOf(options, invocation));
  const made = await (
    await invocation.writer()
  ).put(`services/${segment(name)}`, document, 'absent');
  invocation.output.done(`Added the service ${name}.`, made);
}

async function set(invocation: Invocation, options: ServiceOptions, name: string): Promise<void> {
  const changes = await changesOf(options, invocation);
  if (Object.keys(changes).length === 0)
    throw new CliError('usage', 'Nothing to change was given.');
  const path = `services/${segment(name)}`;
  const changed = await edit(await invocation.writer(), path, () => changes);
  invocation.output.done(`Changed the service ${name}.`, changed);
}

async function remove(invocation: Invocation, _: unknown, name: string): Promise<void> {
  await invocation.confirm(`Remove the service ${name}?`);
  await removeAsSeen(await invocation.writer(), `services/${segment(name)}`);
  invocation.output.done(`Removed the service ${name}.`, { removed: name });
}
