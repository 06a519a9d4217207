import type { Command } from 'commander';

import { act, type Invocation } from '../command.js';
import { obtainToken } from '../http/obtain-token.js';
import { values } from '../options.js';
import type { Terminal } from '../terminal.js';

interface MintOptions {
  readonly audience: string;
  readonly scope?: readonly string[];
  readonly subject?: string;
}

/** `token mint`: a token for the client that asks, for trying a service out. */
export function addTokenCommands(program: Command, terminal: Terminal): void {
  program
    .command('token')
    .description('tokens for the client that asks')
    .command('mint')
    .description('get an access token with your own client, alone on standard output')
    .requiredOption('--audience <url>', 'the service it is for')
    .option('--scope <names>', 'what it shall be worth; everything granted, unless given', values)
    .option('--subject <uri>', 'the user to speak for')
    .addHelpText(
      'after',
      '\nThe token is a credential: pipe it where it is needed.\n\nExample:\n  countersign token mint --audience https://census.example/ | sed "s/^/Authorization: Bearer /" | curl -H @- https://census.example/user/42/',
    )
    .action(act(terminal, mint));
}

async function mint(invocation: Invocation, options: MintOptions): Promise<void> {
  const { audience, scope, subject } = options;
  const {
    token,
    scope: granted,
    expiresIn,
  } = await obtainToken(await invocation.settings(), {
    audience,
    ...(scope === undefined ? {} : { scope: scope.join(' ') }),
    ...(subject === undefined ? {} : { subject }),
  });
  const { output } = invocation;
  if (output.isJson) {
    output.json({ access_token: token, scope: granted, expires_in: expiresIn });
    return;
  }
  output.remark(`For ${audience}: ${granted}; ${expiresIn} s.`);
  output.line(token);
}
