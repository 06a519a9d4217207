/** What the services log while the story goes on. */
import type { LogEntry } from '../process/log-book.js';
import { serviceNames, type ServiceName } from '../service-environments.js';
import type { Fleet } from '../start-fleet.js';
import { expectThat } from './expect-that.js';
import { hopsIn, type Hop } from './log-facts.js';
import type { Screen } from './screen.js';

const logWithinMs = 5_000;

/** How much each service had logged when a step began. @internal */
export type Marks = ReadonlyMap<string, number>;

/** The marks of this moment. @internal */
export const marksOf = (fleet: Fleet): Marks =>
  new Map(serviceNames.map((name) => [name, fleet.services[name].log.count]));

/** The first matching line a service has logged since the marks, or logs soon. @internal */
export function newEntry(
  fleet: Fleet,
  marks: Marks,
  service: ServiceName,
  what: string,
  matches: (entry: LogEntry) => boolean,
): Promise<LogEntry> {
  const { log } = fleet.services[service];
  const mark = marks.get(service) ?? 0;
  const isNew = (entry: LogEntry): boolean => log.since(mark).includes(entry);
  return log.waitFor(what, (entry) => matches(entry) && isNew(entry), logWithinMs);
}

/** Shows one call, as the service that was called logged it. @internal */
export function showHop(fleet: Fleet, screen: Screen, hop: Hop): void {
  const urls: Readonly<Record<string, string>> = { ...fleet.urls };
  const url = urls[hop.audience];
  screen.line(`   ${hop.caller} -> ${hop.service}   ${hop.request}`);
  screen.facts([
    ['  audience', url ? `${hop.audience} (${url})` : hop.audience],
    ['  scope', hop.scopes],
    ['  for user', hop.subject || 'nobody: of its own right'],
  ]);
}

/** The next hop of this caller that this service logs, or has logged since the marks. @internal */
export async function newHop(
  fleet: Fleet,
  marks: Marks,
  caller: string,
  service: ServiceName,
): Promise<Hop> {
  const entry = await newEntry(fleet, marks, service, `${service} let ${caller} in`, (line) =>
    hopsIn([line]).some((hop) => hop.caller === caller),
  );
  const [hop] = hopsIn([entry]);
  expectThat(hop, `${service} logged no call of ${caller}`);
  return hop;
}
