import type { AuditEvent } from './audit-event.js';

/** Counts of events that were not kept, by what they were. */
export interface MissedEvents {
  readonly isAny: boolean;
  count(event: AuditEvent): void;
  /** The counts as one event, starting anew. */
  take(): AuditEvent;
}

/** Counts what finds no room, so that the log can say what is missing in it. */
export function createMissedEvents(): MissedEvents {
  const counts = new Map<string, number>();
  let first = Infinity;
  let last = -Infinity;
  return {
    get isAny() {
      return counts.size > 0;
    },
    count({ at, event }) {
      counts.set(event, (counts.get(event) ?? 0) + 1);
      first = Math.min(first, at);
      last = Math.max(last, at);
    },
    take() {
      const detail = { from: first, to: last, counts: Object.fromEntries(counts) };
      const missed: AuditEvent = { at: last, event: 'audit.missed', detail };
      counts.clear();
      first = Infinity;
      last = -Infinity;
      return missed;
    },
  };
}
