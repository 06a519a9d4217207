import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { askDecision } from '../explain/ask-decision.js';
import { askedServices } from '../explain/asked-services.js';
import { decisionLines } from '../explain/decision-lines.js';
import { wholeValues } from '../options.js';
import type { Terminal } from '../terminal.js';

interface WhyOptions {
  readonly service?: readonly string[];
}

const help = `
A refused caller gets a decision id; the service keeps what was looked at, and shows it to who holds
admin:read at its audience.

Examples:
  countersign why aSoH3xk2P0c5u8Qw
  countersign why aSoH3xk2P0c5u8Qw --service https://census.example/
  countersign why aSoH3xk2P0c5u8Qw --service https://census.example/=http://127.0.0.1:4002/`;

/** `why`: what a service looked at when it decided, and what would have made it decide otherwise. */
export function addWhyCommand(program: Command, terminal: Terminal): void {
  program
    .command('why')
    .argument('<decision>', 'the decision id that a refused caller got')
    .description('why a request was refused: every step, expected, got, and what would help')
    .option(
      '--service <audience[=url]>',
      'a service to ask (repeatable); all that the server knows, unless given',
      wholeValues,
    )
    .addHelpText('after', help)
    .action(act(terminal, why));
}

async function why(invocation: Invocation, options: WhyOptions, decision: string): Promise<void> {
  if (!/^[\w-]{16}$/.test(decision)) {
    throw new CliError('usage', 'A decision id is 16 letters, digits, - and _.', {
      fix: 'Copy the member "decision" of the answer that refused.',
    });
  }
  const services = await askedServices(invocation, options.service);
  const record = await askDecision(await invocation.settings(), services, decision);
  const { output } = invocation;
  if (output.isJson) output.json(record);
  else for (const line of decisionLines(record)) output.line(...line);
}
