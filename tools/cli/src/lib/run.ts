import { CommanderError } from 'commander';

import { exitCodes } from './cli-error.js';
import { reportFailure } from './output/report-failure.js';
import { createProgram } from './program.js';
import { refuseSecretsInArgv } from './settings/refuse-secrets-in-argv.js';
import type { Terminal } from './terminal.js';

/** Runs one command line and tells its exit code; never rejects. */
export async function run(terminal: Terminal): Promise<number> {
  try {
    refuseSecretsInArgv(terminal.argv);
    await createProgram(terminal).parseAsync(terminal.argv, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    // commander has said it already; help that was asked for is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    return reportFailure(error, terminal, terminal.argv.includes('--json'));
  }
}
