import { Command } from 'commander';

import { addAuditCommand } from './commands/audit.js';
import { addBootstrapCommand } from './commands/bootstrap.js';
import { addClientCommands } from './commands/client.js';
import { addGrantCommands } from './commands/grant.js';
import { addIdentityCommands } from './commands/identity.js';
import { addIssuerCommands } from './commands/issuer.js';
import { addKeysCommands } from './commands/keys.js';
import { addMapCommand } from './commands/map.js';
import { addPersonCommands } from './commands/person.js';
import { addRevokeCommands } from './commands/revoke.js';
import { addSecretCommands } from './commands/secret.js';
import { addServiceCommands } from './commands/service.js';
import { addTokenCommands } from './commands/token.js';
import { addWhyCommand } from './commands/why.js';
import { wholeNumber } from './options.js';
import type { Terminal } from './terminal.js';
import { visible } from './output/visible.js';

const examples = `
Examples:
  countersign bootstrap ops --credential-file .countersign/auth-server/bootstrap-admin --out ops.secret
  COUNTERSIGN_SERVER=https://auth.example COUNTERSIGN_CLIENT=ops countersign login < ops.secret
  countersign service list
  countersign grant add web herald --scope notifications:send
  countersign audit --follow --json
  countersign why aSoH3xk2P0c5u8Qw

Exit codes: 0 done, 1 refused, 2 usage, 3 unreachable, 4 configuration.
Environment: COUNTERSIGN_SERVER, COUNTERSIGN_CLIENT, COUNTERSIGN_SECRET_FILE, COUNTERSIGN_ISSUER,
COUNTERSIGN_SERVICES, COUNTERSIGN_CONFIG. Options come first, then the environment, then the file that login writes.`;

/** In the order of the help. */
const commands = [
  addBootstrapCommand,
  addIdentityCommands,
  addServiceCommands,
  addClientCommands,
  addSecretCommands,
  addGrantCommands,
  addIssuerCommands,
  addPersonCommands,
  addKeysCommands,
  addRevokeCommands,
  addAuditCommand,
  addTokenCommands,
  addMapCommand,
  addWhyCommand,
] as const;

/** The whole command line, for one run in one terminal. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('countersign')
    .description('Administers a Countersign authorization server.')
    .option('--server <url>', 'the authorization server')
    .option('--issuer <url>', 'what the server calls itself, when it is reached at another address')
    .option('--client <id>', 'the client to ask as')
    .option('--secret-file <file>', "file with that client's secret; - for standard input")
    .option('--timeout <seconds>', 'how long an answer may take (10)', wholeNumber(1, 300))
    .option('--json', 'JSON instead of tables')
    .option('-y, --yes', 'do not ask before something is lost')
    .helpOption('-h, --help', 'what a command does')
    .addHelpText('after', examples);
  // Before the commands are made: they inherit it.
  program.exitOverride().showHelpAfterError('(add --help for how to use it)');
  program.configureOutput({
    writeOut: (text) => void terminal.stdout.write(text),
    writeErr: (text) => void terminal.stderr.write(text),
    outputError: (text, write) => write(`countersign: ${lineByLine(text.replace(/^error: /, ''))}`),
  });
  for (const add of commands) add(program, terminal);
  return program;
}

/** What was typed is quoted in the message: it must not move the cursor. */
const lineByLine = (text: string): string => text.split('\n').map(visible).join('\n');
