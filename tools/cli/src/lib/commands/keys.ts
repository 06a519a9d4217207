import type { Command } from 'commander';

import { act, type Invocation } from '../command.js';
import type { Terminal } from '../terminal.js';
import { columns } from './edit.js';

/** `keys status|rotate|emergency`: what signs the server's tokens. */
export function addKeysCommands(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description("the server's signing keys");
  keys.command('status').description('every key and its state').action(act(terminal, status));
  keys
    .command('rotate')
    .description('sign with the next key, and announce another')
    .option('--algorithm <name>', 'only the ring of this algorithm')
    .action(act(terminal, rotate));
  keys
    .command('emergency <kid>')
    .description(
      'this key is known to somebody else: sign with the next one at once, drop this one',
    )
    .addHelpText(
      'after',
      '\nEvery token signed with it is refused from then on, everywhere.\n\nExample:\n  countersign keys emergency 3q2-7w --yes',
    )
    .action(act(terminal, emergency));
}

async function status({ reader, output }: Invocation): Promise<void> {
  const keys = await (await reader()).list('keys');
  output.rows(
    keys,
    columns(
      'kid',
      'algorithm',
      'state',
      'created',
      'since',
      'rotates',
      ['ready in (s)', 'readyInSeconds'],
      'compromised',
    ),
    'There are no keys.',
  );
}

async function rotate(invocation: Invocation, options: { algorithm?: string }): Promise<void> {
  await invocation.confirm('Rotate the signing keys now?');
  const { algorithm } = options;
  const body = algorithm === undefined ? {} : { algorithm };
  const answer = await (await invocation.writer()).post('keys/rotation', body);
  invocation.output.done('Rotated; see: countersign keys status', answer);
}

async function emergency(invocation: Invocation, _: unknown, kid: string): Promise<void> {
  await invocation.confirm(`Refuse everything that was signed with ${kid}, now?`);
  const answer = await (await invocation.writer()).post('keys/emergency', { kid });
  invocation.output.done(`Dropped ${kid}; see: countersign keys status`, answer);
}
