import type { Json } from '@countersign/token';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { expiry, since } from '../options.js';
import { readSecret } from '../settings/read-private-text.js';
import type { Terminal } from '../terminal.js';
import { columns } from './edit.js';

interface TokenOptions {
  readonly tokenFile?: string;
  readonly jti?: string;
  readonly expires?: string;
}

/** `revoke token|client|subject|key|list`: refuse what was issued, everywhere, within seconds. */
export function addRevokeCommands(program: Command, terminal: Terminal): void {
  const revoke = program.command('revoke').description('refuse tokens that were issued already');
  revoke
    .command('token')
    .description('one token')
    .option('--token-file <file>', 'the token itself; - for standard input')
    .option('--jti <id>', 'its id, from the audit log')
    .option('--expires <time>', 'with --jti: until when it must be remembered', expiry)
    .addHelpText('after', '\nExample:\n  countersign revoke token --token-file leaked.jwt')
    .action(act(terminal, token));
  for (const [kind, what] of [
    ['client', 'every token of a client'],
    ['subject', 'every token for a user (its URI)'],
  ] as const) {
    revoke
      .command(`${kind} <${kind === 'client' ? 'id' : 'uri'}>`)
      .description(`${what} that was issued before now`)
      .option('--before <time>', 'before then, instead of now', since)
      .action(
        act(terminal, (invocation, { before }: { before?: string }, value: string) =>
          add(invocation, { kind, [kind]: value, ...(before === undefined ? {} : { before }) }),
        ),
      );
  }
  revoke
    .command('key <kid>')
    .description('every token signed with a key; see also: keys emergency')
    .action(
      act(terminal, (invocation, _: unknown, kid: string) => add(invocation, { kind: 'key', kid })),
    );
  revoke
    .command('restart')
    .description('after a backup was restored: every guard reads all revocations again')
    .action(act(terminal, restart));
  revoke.command('list').description('what is revoked now').action(act(terminal, list));
}

async function token(invocation: Invocation, options: TokenOptions): Promise<void> {
  const { tokenFile, jti, expires } = options;
  if ((tokenFile === undefined) === (jti === undefined)) {
    throw new CliError('usage', 'Give --token-file, or --jti with --expires.');
  }
  if (tokenFile === undefined) {
    if (expires === undefined) throw new CliError('usage', '--jti needs --expires.');
    await add(invocation, { kind: 'token', jti: jti ?? '', expires });
    return;
  }
  const text = await readSecret(tokenFile, 'token file', invocation.terminal);
  await add(invocation, { kind: 'token', token: text });
}

async function add(invocation: Invocation, revocation: Record<string, Json>): Promise<void> {
  await invocation.confirm(`Refuse such tokens everywhere (${String(revocation['kind'])})?`);
  const made = await (await invocation.writer()).post('revocations', revocation);
  invocation.output.done('Revoked. Guards that follow the feed refuse it within seconds.', made);
}

async function restart({ writer, output }: Invocation): Promise<void> {
  const restarted = await (await writer()).post('revocations/restart', {});
  output.done('Restarted. Guards read all revocations again within seconds.', restarted);
}

async function list({ reader, output }: Invocation): Promise<void> {
  const revocations = await (await reader()).list('revocations');
  output.rows(revocations, columns('kind', 'value', 'before', 'expires'), 'Nothing is revoked.');
}
