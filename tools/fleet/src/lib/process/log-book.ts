import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs';

import { Arrivals } from '../arrivals.js';

/** One line a service wrote: its JSON, or `{ msg: <line> }` when it is none. @internal */
export type LogEntry = Readonly<Record<string, unknown>>;

/** What one service has said, last lines in memory and all of it in a file. @internal */
export interface LogBook {
  readonly entries: readonly LogEntry[];
  /** How many lines there have been; a mark for `since`. */
  readonly count: number;
  /** Entries written after `mark`, as far as they are still kept. */
  since(mark: number): readonly LogEntry[];
  /** The last `lines` lines as they were written. */
  tail(lines: number): readonly string[];
  append(line: string): void;
  /**
   * The first kept entry that matches, now or within `withinMs`. Rejects with an Error that names
   * what was waited for.
   */
  waitFor(what: string, matches: (entry: LogEntry) => boolean, withinMs: number): Promise<LogEntry>;
  close(): Promise<void>;
}

const keptLines = 2_000;
const longestLine = 16_384;
const largestFile = 5 * 1024 * 1024;

function openLog(file: string): WriteStream {
  if (existsSync(file) && statSync(file).size > largestFile) renameSync(file, `${file}.1`);
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}

function parseLine(line: string): LogEntry {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as LogEntry;
    }
  } catch {
    // Not every line is JSON: a warning of Node, the stack of a crash.
  }
  return { msg: line };
}

/** A log book that appends to `file` (0600; a file over 5 MiB is first moved to `.1`). @internal */
export function openLogBook(file: string): LogBook {
  const out = openLog(file);
  // A full disk must not take the demonstration down; the lines are still in memory.
  out.on('error', () => undefined);
  let count = 0;
  const lines: string[] = [];
  const entries: LogEntry[] = [];
  const arrivals = new Arrivals<LogEntry>();
  return {
    entries,
    get count() {
      return count;
    },
    since: (mark) => (count > mark ? entries.slice(-(count - mark)) : []),
    tail: (wanted) => lines.slice(-wanted),
    append(line) {
      const entry = parseLine(line);
      count += 1;
      lines.push(line.slice(0, longestLine));
      entries.push(entry);
      if (entries.length > keptLines) {
        lines.shift();
        entries.shift();
      }
      out.write(`${line}\n`);
      arrivals.announce(entry);
    },
    waitFor(what, matches, withinMs) {
      const known = entries.find(matches);
      if (known) return Promise.resolve(known);
      const tooLate = (): string => `no log line within ${withinMs / 1000} s: ${what}`;
      return arrivals.next(matches, withinMs, tooLate);
    },
    close: () => new Promise((resolve) => out.end(() => resolve())),
  };
}
