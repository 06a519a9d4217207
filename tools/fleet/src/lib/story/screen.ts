/**
 * Plain text for a person at a terminal: colour only where it is wanted, and nothing foreign may
 * steer the terminal. Knows nothing of what it shows.
 */

/** Where lines go. @internal */
export interface ScreenOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What a story is told on. @internal */
export interface Screen {
  /** One step of the story. */
  step(number: number, text: string): void;
  line(text?: string): void;
  /** Rows of label and value, labels in one column. */
  facts(facts: readonly (readonly [label: string, value: string])[]): void;
  /** Text as it came from elsewhere, each line marked. */
  quote(text: string): void;
  good(text: string): void;
  bad(text: string): void;
}

const codes = { bold: '1', dim: '2', red: '31', green: '32', cyan: '36' } as const;
const longestQuote = 40;

/**
 * Without control characters: a mail or a log line must not move the cursor, change colours or
 * write elsewhere than where it is shown.
 * @internal
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}

/** A screen; colour only on a terminal and never when NO_COLOR is set. @internal */
export function createScreen(
  output: ScreenOutput,
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const hasColour = output.isTTY === true && !environment['NO_COLOR'];
  const paint = (colour: keyof typeof codes, text: string): string =>
    hasColour ? `\u001B[${codes[colour]}m${text}\u001B[0m` : text;
  const line = (text = ''): void => void output.write(`${text}\n`);
  return {
    line,
    step(number, text) {
      line();
      line(`${paint('cyan', String(number))}  ${paint('bold', text)}`);
    },
    facts(facts) {
      const width = Math.max(...facts.map(([label]) => label.length));
      for (const [label, value] of facts) {
        line(`   ${paint('dim', label.padEnd(width))}  ${printable(value)}`.trimEnd());
      }
    },
    quote(text) {
      const lines = text.trimEnd().split(/\r?\n/);
      for (const quoted of lines.slice(0, longestQuote)) {
        line(`   ${paint('dim', '|')} ${printable(quoted)}`.trimEnd());
      }
      if (lines.length > longestQuote) line(`   ${paint('dim', '| ...')}`);
    },
    good(text) {
      line(`   ${paint('green', 'ok')}  ${text}`);
    },
    bad(text) {
      line(`   ${paint('red', 'NOT OK')}  ${text}`);
    },
  };
}
