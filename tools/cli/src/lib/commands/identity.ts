import type { Command } from 'commander';

import { act, type Invocation } from '../command.js';
import { textOf } from '../http/answers.js';
import { AdminApi } from '../http/admin-api.js';
import { configPath, writePrivateFile } from '../settings/config-file.js';
import { settings as readSettings } from '../settings/settings.js';
import type { Terminal } from '../terminal.js';

/** `login`, `whoami`: as which client this machine asks. */
export function addIdentityCommands(program: Command, terminal: Terminal): void {
  program
    .command('login')
    .description('prove a client and keep server, client and secret in a file only you can read')
    .addHelpText(
      'after',
      '\nThe secret is read from standard input, or from --secret-file.\n\nExample:\n  countersign login --server https://auth.example --client ops < ops.secret',
    )
    .action(act(terminal, login));
  program
    .command('whoami')
    .description('ask the server as whom it knows this client')
    .action(act(terminal, whoami));
}

async function login({ options, terminal, output }: Invocation): Promise<void> {
  const secretFile = options.secretFile ?? (terminal.env['COUNTERSIGN_SECRET_FILE'] || '-');
  const proven = await readSettings({ ...options, secretFile }, terminal);
  const answer = await new AdminApi(proven).get('whoami');
  const path = configPath(terminal.env);
  const { server, issuer, client, secret } = proven;
  const kept = { server, ...(issuer === server ? {} : { issuer }), client, secret };
  await writePrivateFile(path, `${JSON.stringify(kept, undefined, 2)}\n`);
  output.done(`Logged in to ${server} as ${textOf(answer, 'client')}; kept in ${path}.`, {
    server,
    client,
    file: path,
  });
}

async function whoami(invocation: Invocation): Promise<void> {
  const settings = await invocation.settings();
  const answer = await new AdminApi(settings).get('whoami');
  const scopes = answer['scopes'];
  invocation.output.record(answer, [
    ['server', settings.server],
    ['client', textOf(answer, 'client')],
    ['scopes', Array.isArray(scopes) ? scopes.join(' ') : undefined],
    ['token until', textOf(answer, 'expires')],
  ]);
}
