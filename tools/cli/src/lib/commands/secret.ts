import type { Command } from 'commander';

import { act, type Invocation } from '../command.js';
import { textOf } from '../http/answers.js';
import { segment } from '../http/admin-api.js';
import { expiry } from '../options.js';
import { handOver, outHelp } from '../output/hand-over.js';
import type { Terminal } from '../terminal.js';
import { columns } from './edit.js';

interface SecretOptions {
  readonly label?: string;
  readonly expires?: string;
  readonly out?: string;
}

/** `secret add|list|remove`: the secrets of a client, several at a time. */
export function addSecretCommands(program: Command, terminal: Terminal): void {
  const secret = program.command('secret').description('the secrets of a client');
  secret
    .command('list <client>')
    .description('labels, ends and last uses; never the secrets')
    .action(act(terminal, list));
  secret
    .command('add <client>')
    .description('a new secret beside the ones there are, shown this once')
    .option('--label <text>', 'what it is for (today, unless given)')
    .option('--expires <time>', 'when it ends: a time, or a span such as 90d', expiry)
    .option('--out <file>', outHelp)
    .addHelpText(
      'after',
      '\nTo replace a secret without an outage: add one, give it to the client, remove the old one.\n\nExamples:\n  countersign secret add web --expires 90d --out web.secret\n  countersign secret add web | kubectl create secret generic web --from-file=secret=/dev/stdin',
    )
    .action(act(terminal, add));
  secret
    .command('remove <client> <secret-id>')
    .description('end a secret now')
    .action(act(terminal, remove));
}

async function list({ reader, output }: Invocation, _: unknown, client: string): Promise<void> {
  const secrets = await (await reader()).list(`clients/${segment(client)}/secrets`);
  output.rows(
    secrets,
    columns('id', 'label', 'created', 'expires', ['last used', 'lastUsed']),
    `The client ${client} has no secrets.`,
  );
}

async function add(invocation: Invocation, options: SecretOptions, client: string): Promise<void> {
  const { label = new Date().toISOString(), expires, out } = options;
  await handOver(invocation, out, async () => {
    const made = await (
      await invocation.writer()
    ).post(`clients/${segment(client)}/secrets`, {
      label,
      ...(expires === undefined ? {} : { expires }),
    });
    return {
      made,
      secret: textOf(made, 'secret'),
      remark: `Added the secret "${label}" of ${client}.`,
    };
  });
}

async function remove(
  invocation: Invocation,
  _: unknown,
  client: string,
  secret: string,
): Promise<void> {
  await invocation.confirm(`End the secret ${secret} of ${client} now?`);
  await (await invocation.writer()).remove(`clients/${segment(client)}/secrets/${segment(secret)}`);
  invocation.output.done(`Removed the secret ${secret} of ${client}.`, { removed: secret });
}
