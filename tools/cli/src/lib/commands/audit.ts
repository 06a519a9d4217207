import { setTimeout as delay } from 'node:timers/promises';

import type { JsonObject } from '@countersign/token';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { AdminApi, type Query } from '../http/admin-api.js';
import { since, wholeNumber } from '../options.js';
import { formatTable } from '../output/format-table.js';
import type { Terminal } from '../terminal.js';
import { columns } from './edit.js';

interface AuditOptions {
  readonly since?: string;
  readonly until?: string;
  readonly about?: string;
  readonly subject?: string;
  readonly code?: string;
  readonly event?: string;
  readonly limit: number;
  readonly follow?: boolean;
}

const defaultLimit = 100;
/** Milliseconds between two looks. */
const pause = 1_000;
/** Events are written in batches: one may be there later than one that is newer. */
const lateSeconds = 10;
/** Ids of shown events that are remembered. */
const mostSeen = 20_000;
/** Seconds after which a token is asked for anew: half of the shortest life that is usual. */
const tokenLife = 60;

/** `audit`: what happened, newest first; or as it happens. */
export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('what was issued, refused and changed, and by whom')
    .option('--since <time>', 'from then on: a time, or a span back such as 1h', since)
    .option('--until <time>', 'before then', since)
    // --client is who asks: every command has it.
    .option('--about <client>', 'events of this client')
    .option('--subject <uri>', 'events about this user')
    .option('--code <code>', 'refusals with this code')
    .option('--event <name>', 'events of this kind, such as token.refused')
    .option('--limit <number>', 'how many, the newest', wholeNumber(1, 100_000), defaultLimit)
    .option('-f, --follow', 'go on showing what happens, oldest first, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign audit --since 1h --event token.refused\n  countersign audit --about web --follow --json | jq .code',
    )
    .action(act(terminal, audit));
}

const shownColumns = columns(
  'at',
  'event',
  'client',
  'audience',
  'scopes',
  'subject',
  'code',
  'actor',
);

async function audit(invocation: Invocation, options: AuditOptions): Promise<void> {
  const { since: from, until: to, about, subject, code, event, limit, follow } = options;
  const query = { from, to, client: about, subject, code, event };
  if (follow === true) {
    if (to !== undefined) throw new CliError('usage', '--follow has no --until.');
    await followAudit(invocation, query);
    return;
  }
  const events = await (await invocation.reader()).list('audit', query, limit);
  invocation.output.rows(events, shownColumns, 'Nothing of that kind happened.');
}

async function followAudit(invocation: Invocation, query: Query): Promise<void> {
  const { output } = invocation;
  const settings = await invocation.settings();
  const seen = new Set<string>();
  let api = new AdminApi(settings, 'admin:read');
  let asked = Date.now();
  let from = typeof query['from'] === 'string' ? Date.parse(query['from']) : asked;
  for (;;) {
    if (Date.now() - asked > tokenLife * 1000) {
      api = new AdminApi(settings, 'admin:read');
      asked = Date.now();
    }
    const events = await api.list('audit', { ...query, from: new Date(from).toISOString() });
    const fresh = events.filter(({ id }) => typeof id === 'string' && !seen.has(id)).reverse();
    for (const event of fresh) {
      if (output.isJson) output.jsonLine(event);
      else output.line(lineOf(event));
      remember(seen, String(event['id']));
    }
    const newest = Date.parse(String(events[0]?.['at']));
    if (!Number.isNaN(newest)) from = Math.max(from, newest - lateSeconds * 1000);
    await delay(pause);
  }
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > mostSeen && oldest !== undefined) seen.delete(oldest);
}

/** One line of the table, without its heading: what comes next may be wider. */
function lineOf(event: JsonObject): string {
  return formatTable([event], shownColumns).split('\n')[1]?.replace(/ {2,}/g, '  ') ?? '';
}
