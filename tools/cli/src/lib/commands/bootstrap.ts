import type { Command } from 'commander';

import { act, type Invocation } from '../command.js';
import { objectOf, refusalOf, textOf } from '../http/answers.js';
import { send } from '../http/send.js';
import { handOver, outHelp } from '../output/hand-over.js';
import { readSecret } from '../settings/read-private-text.js';
import { serverSettings } from '../settings/settings.js';
import type { Terminal } from '../terminal.js';

interface BootstrapOptions {
  readonly credentialFile: string;
  readonly out?: string;
}

/** `bootstrap`: makes the first administrator of a new server. */
export function addBootstrapCommand(program: Command, terminal: Terminal): void {
  program
    .command('bootstrap <client>')
    .description(
      'make the first administrator of a new server, with the credential in its DATA_DIR',
    )
    .requiredOption('--credential-file <file>', 'DATA_DIR/bootstrap-admin; - for standard input')
    .option('--out <file>', outHelp)
    .addHelpText(
      'after',
      '\nWorks once, while no client may administer the server, within 15 minutes of its start.\n\nExample:\n  countersign bootstrap ops --credential-file .countersign/auth-server/bootstrap-admin --out ops.secret',
    )
    .action(act(terminal, bootstrap));
}

async function bootstrap(
  invocation: Invocation,
  { credentialFile, out }: BootstrapOptions,
  client: string,
): Promise<void> {
  const { terminal, options } = invocation;
  const { server, timeout } = await serverSettings(options, terminal);
  const credential = await readSecret(credentialFile, 'credential file', terminal);
  await handOver(invocation, out, async () => {
    const answer = await send({
      method: 'POST',
      url: `${server}/admin/bootstrap`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential, client }),
      timeout,
    });
    if (answer.status !== 201) throw refusalOf(answer);
    const made = objectOf(answer.json);
    return { made, secret: textOf(made, 'secret'), remark: `${client} administers ${server}.` };
  });
}
