import type { Json } from '@countersign/token';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { segment } from '../http/admin-api.js';
import { expiry, values } from '../options.js';
import type { Terminal } from '../terminal.js';
import { columns, merge, removeAsSeen } from './edit.js';

interface GrantOptions {
  readonly scope?: readonly string[];
  readonly subjects?: readonly string[];
  readonly impersonation?: boolean;
  readonly expires?: string;
  readonly reason?: string;
  readonly replace?: boolean;
}

/** `grant add|list|remove`, `edge add|list|remove`: what a client may do, and pass on. */
export function addGrantCommands(program: Command, terminal: Terminal): void {
  const grant = program.command('grant').description('what a client may do at a service');
  grant.command('list <client>').description('its grants').action(act(terminal, listGrants));
  withCommon(grant.command('add <client> <service>'))
    .option('--subjects <prefixes>', 'URI prefixes of users it may speak for there', values)
    .description('grant scopes of a service to a client')
    .addHelpText(
      'after',
      "\nExamples:\n  countersign grant add web herald --scope notifications:send --reason 'welcome mails'\n  countersign grant add web census --scope users:read --subjects https://census.example/user/",
    )
    .action(act(terminal, addGrant));
  grant
    .command('remove <client> <service>')
    .description('take everything at a service from a client')
    .action(act(terminal, removeGrant));
  const edge = program
    .command('edge')
    .description('on-behalf-of: which tokens a client may exchange for which');
  edge.command('list <client>').description('its edges').action(act(terminal, listEdges));
  withCommon(edge.command('add <client> <source> <target>'))
    .option('--impersonation', 'the new token may leave out who acts')
    .description('let it exchange tokens for <source> into tokens for <target> (services)')
    .addHelpText(
      'after',
      '\nExample:\n  countersign edge add herald herald census --scope users:read',
    )
    .action(act(terminal, addEdge));
  edge
    .command('remove <client> <source> <target>')
    .description('take that exchange away')
    .action(act(terminal, removeEdge));
}

function withCommon(command: Command): Command {
  return command
    .option('--scope <names>', 'scopes of the service (repeatable, or with commas)', values)
    .option('--expires <time>', 'when it ends: a time, or a span such as 90d', expiry)
    .option('--reason <text>', 'why; kept with it')
    .option('--replace', 'put it in the place of one that is there');
}

function documentOf(keys: Record<string, Json>, options: GrantOptions): Json {
  const { scope, subjects, impersonation, expires, reason } = options;
  if (scope === undefined) throw new CliError('usage', 'Name the scopes: --scope <names>.');
  return merge(keys, { scopes: scope, subjects, impersonation, expires, reason });
}

async function put(
  invocation: Invocation,
  path: string,
  document: Json,
  { replace }: GrantOptions,
): Promise<Json> {
  const api = await invocation.writer();
  if (replace !== true) return api.put(path, document, 'absent');
  const { etag } = await api.read(path);
  return api.put(path, document, { ifMatch: etag });
}

async function listGrants(
  { reader, output }: Invocation,
  _: unknown,
  client: string,
): Promise<void> {
  const grants = await (await reader()).list(`clients/${segment(client)}/grants`);
  output.rows(
    grants,
    columns('service', 'scopes', 'subjects', 'expires', 'reason'),
    `Nothing is granted to ${client}.`,
  );
}

async function addGrant(
  invocation: Invocation,
  options: GrantOptions,
  client: string,
  service: string,
): Promise<void> {
  const path = `clients/${segment(client)}/grants/${segment(service)}`;
  const made = await put(invocation, path, documentOf({ service }, options), options);
  invocation.output.done(`Granted ${options.scope?.join(' ')} at ${service} to ${client}.`, made);
}

async function removeGrant(
  invocation: Invocation,
  _: unknown,
  client: string,
  service: string,
): Promise<void> {
  await invocation.confirm(`Take everything at ${service} from ${client}?`);
  const path = `clients/${segment(client)}/grants/${segment(service)}`;
  await removeAsSeen(await invocation.writer(), path);
  invocation.output.done(`${client} has nothing at ${service} any more.`, { removed: service });
}

const edgePath = (client: string, source: string, target: string): string =>
  `clients/${segment(client)}/on-behalf-of/${segment(source)}/${segment(target)}`;

async function listEdges(
  { reader, output }: Invocation,
  _: unknown,
  client: string,
): Promise<void> {
  const edges = await (await reader()).list(`clients/${segment(client)}/on-behalf-of`);
  output.rows(
    edges,
    columns('source', 'target', 'scopes', 'impersonation', 'expires', 'reason'),
    `${client} may exchange no tokens.`,
  );
}

async function addEdge(
  invocation: Invocation,
  options: GrantOptions,
  ...[client, source, target]: [string, string, string]
): Promise<void> {
  const document = documentOf({ source, target }, options);
  const made = await put(invocation, edgePath(client, source, target), document, options);
  invocation.output.done(
    `${client} may exchange tokens for ${source} into ones for ${target}.`,
    made,
  );
}

async function removeEdge(
  invocation: Invocation,
  _: unknown,
  ...[client, source, target]: [string, string, string]
): Promise<void> {
  await invocation.confirm(`Forbid ${client} to exchange tokens for ${source} into ${target}?`);
  await removeAsSeen(await invocation.writer(), edgePath(client, source, target));
  invocation.output.done(`${client} may not exchange ${source} into ${target} any more.`, {
    removed: [source, target],
  });
}
