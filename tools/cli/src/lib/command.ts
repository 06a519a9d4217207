/** What every command is made with: settings, the API, output and a question before harm. */
import { createInterface } from 'node:readline/promises';

import type { Command } from 'commander';

import { CliError } from './cli-error.js';
import { AdminApi } from './http/admin-api.js';
import { Output } from './output/output.js';
import { visible } from './output/visible.js';
import { settings, type GlobalOptions, type Settings } from './settings/settings.js';
import type { Terminal } from './terminal.js';

/** One run of one command. */
export class Invocation {
  readonly options: GlobalOptions;
  readonly output: Output;
  private known: Promise<Settings> | undefined;

  constructor(
    readonly terminal: Terminal,
    command: Command,
  ) {
    this.options = command.optsWithGlobals<GlobalOptions>();
    this.output = new Output(terminal, this.options.json === true);
  }

  /** Server and client. */
  settings(): Promise<Settings> {
    return (this.known ??= settings(this.options, this.terminal));
  }

  /** The admin API to look. */
  readonly reader = async (): Promise<AdminApi> =>
    new AdminApi(await this.settings(), 'admin:read');

  /** The admin API to change something. */
  readonly writer = async (): Promise<AdminApi> =>
    new AdminApi(await this.settings(), 'admin:read admin:write');

  /**
   * Asks before something is lost. Passes with --yes; refuses (usage) without a terminal to ask at,
   * and (refused) when the answer is not yes.
   */
  async confirm(question: string): Promise<void> {
    if (this.options.yes === true) return;
    const { stdin, stderr } = this.terminal;
    if (stdin.isTTY !== true) {
      throw new CliError('usage', `${question} There is no terminal to ask at.`, {
        fix: 'Give --yes to do it without being asked.',
      });
    }
    const dialogue = createInterface({ input: stdin, output: stderr });
    try {
      const answer = await dialogue.question(visible(`${question} [y/N] `));
      if (/^y(es)?$/i.test(answer.trim())) return;
    } finally {
      dialogue.close();
    }
    throw new CliError('refused', 'Nothing was changed.');
  }
}

/** What a command does; its arguments and options come typed from where it is declared. */
export type Action<Arguments extends unknown[], Options> = (
  invocation: Invocation,
  options: Options,
  ...values: Arguments
) => Promise<void>;

/** Joins an action to its command, in this terminal. */
export function act<Options, Arguments extends string[] = []>(
  terminal: Terminal,
  action: Action<Arguments, Options>,
): (...values: unknown[]) => Promise<void> {
  return async (...values) => {
    const command = values.at(-1) as Command;
    const options = values.at(-2) as Options;
    await action(new Invocation(terminal, command), options, ...(values.slice(0, -2) as Arguments));
  };
}
