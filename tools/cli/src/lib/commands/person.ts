import type { JsonObject } from '@countersign/token';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import type { AdminApi } from '../http/admin-api.js';
import { segment } from '../http/admin-api.js';
import type { Terminal } from '../terminal.js';
import { columns, fieldsOf, merge, removeAsSeen, type Changes } from './edit.js';

interface PersonOptions {
  readonly user?: string;
  readonly email?: string;
  readonly name?: string;
}

const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `person list|show|invite|resend|set|disable|enable|remove`: who can log in. */
export function addPersonCommands(program: Command, terminal: Terminal): void {
  const person = program.command('person').description('people who can log in');
  person.command('list').description('everybody, by e-mail').action(act(terminal, list));
  person.command('show <person>').description('one, by e-mail or id').action(act(terminal, show));
  person
    .command('invite <email>')
    .description('an account for a user of Census; a mail asks the person to choose a password')
    .requiredOption('--user <uri>', 'the URI of the user in Census')
    .option('--name <name>', 'what the person is called')
    .addHelpText(
      'after',
      '\nExample:\n  countersign person invite ada@example.com --user https://census.example/user/42/ --name Ada',
    )
    .action(act(terminal, invite));
  person
    .command('resend <person>')
    .description('send another invitation; the one before is good no more')
    .action(act(terminal, resend));
  person
    .command('set <person>')
    .description('change address or name; the rest stays')
    .option('--email <address>', 'what the person logs in with from now on')
    .option('--name <name>', 'what the person is called')
    .action(act(terminal, set));
  person
    .command('disable <person>')
    .description('let somebody log in no more, and log them out everywhere')
    .action(act(terminal, disable));
  person
    .command('enable <person>')
    .description('let somebody log in again')
    .action(act(terminal, enable));
  person
    .command('remove <person>')
    .description('remove an account, and log the person out everywhere')
    .action(act(terminal, remove));
}

async function list({ reader, output }: Invocation): Promise<void> {
  const people = await (await reader()).list('people');
  output.rows(people, columns('email', 'name', 'state', 'user', 'id'), 'Nobody can log in.');
}

async function show({ reader, output }: Invocation, _: unknown, who: string): Promise<void> {
  const api = await reader();
  const found = await api.get(await pathOf(api, who));
  output.record(found, fieldsOf(found));
}

async function invite(
  invocation: Invocation,
  { user, name }: PersonOptions,
  email: string,
): Promise<void> {
  const api = await invocation.writer();
  const made = await api.post('people', merge({}, { user, email, name }) as JsonObject);
  invocation.output.done(`An invitation is on its way to ${email}.`, made);
}

async function resend(invocation: Invocation, _: unknown, who: string): Promise<void> {
  const api = await invocation.writer();
  const person = await api.post(`${await pathOf(api, who)}/invitation`, {});
  invocation.output.done(`Another invitation is on its way to ${who}.`, person);
}

async function set(invocation: Invocation, options: PersonOptions, who: string): Promise<void> {
  const { email, name } = options;
  const changes = merge({}, { email, name });
  if (Object.keys(changes).length === 0)
    throw new CliError('usage', 'Nothing to change was given.');
  const changed = await change(await invocation.writer(), who, changes);
  invocation.output.done(`Changed ${who}.`, changed);
}

async function disable(invocation: Invocation, _: unknown, who: string): Promise<void> {
  await invocation.confirm(`Log ${who} out everywhere, and let them log in no more?`);
  const changed = await change(await invocation.writer(), who, { disabled: true });
  invocation.output.done(`${who} may log in no more.`, changed);
}

async function enable(invocation: Invocation, _: unknown, who: string): Promise<void> {
  const changed = await change(await invocation.writer(), who, { disabled: false });
  invocation.output.done(`${who} may log in again.`, changed);
}

async function remove(invocation: Invocation, _: unknown, who: string): Promise<void> {
  await invocation.confirm(`Remove the account of ${who}?`);
  const api = await invocation.writer();
  await removeAsSeen(api, await pathOf(api, who));
  invocation.output.done(`Removed the account of ${who}.`, { removed: who });
}

/** Changes some of what may be changed of a person, if nobody else did meanwhile. */
async function change(api: AdminApi, who: string, changes: Changes): Promise<JsonObject> {
  const path = await pathOf(api, who);
  const { body, etag } = await api.read(path);
  const { email, name, disabled } = body;
  return api.put(path, merge(merge({}, { email, name, disabled }), changes), { ifMatch: etag });
}

/** Where a person is: by id, or by address, which is looked for among all. */
async function pathOf(api: AdminApi, who: string): Promise<string> {
  if (idForm.test(who)) return `people/${segment(who)}`;
  const address = who.toLowerCase();
  const found = (await api.list('people')).find(({ email }) => email === address);
  if (typeof found?.['id'] === 'string') return `people/${segment(found['id'])}`;
  throw new CliError('refused', 'Nobody with this e-mail or id can log in.');
}
