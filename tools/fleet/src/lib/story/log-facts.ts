/** Reads what services log about access; the only place that knows how those lines look. */
import type { LogEntry } from '../process/log-book.js';

/** One call that a service allowed. @internal */
export interface Hop {
  readonly service: string;
  readonly caller: string;
  readonly subject: string;
  /** The service's own name of the audience, or its URI. */
  readonly audience: string;
  readonly scopes: string;
  readonly request: string;
}

/** One access that a service refused. @internal */
export interface LoggedRefusal {
  readonly service: string;
  readonly decision: string;
  readonly code: string;
  /** Label and text of everything the line explains. */
  readonly facts: readonly (readonly [string, string])[];
}

const text = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(text).join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const requestOf = (entry: LogEntry): string => `${text(entry['method'])} ${text(entry['path'])}`;

function hopIn(entry: LogEntry): Hop[] {
  const said = {
    subject: text(entry['subject']),
    audience: text(entry['audience']),
    scopes: text(entry['scopes']),
  };
  const [service, caller] = [text(entry['service']), text(entry['caller'])];
  switch (entry['event']) {
    case 'access.granted':
      return [{ service, caller, request: requestOf(entry), ...said }];
    case 'token.issued':
      return [
        {
          service: text(entry['name']),
          caller: text(entry['client']),
          request: 'a token',
          ...said,
        },
      ];
    default:
      return [];
  }
}

/** The calls these lines tell of as allowed, in their order. @internal */
export const hopsIn = (entries: readonly LogEntry[]): Hop[] => entries.flatMap(hopIn);

const explaining = ['caller', 'subject', 'scopes', 'check', 'expected', 'got', 'reason', 'fix'];

/** What a line says, when it tells of a refusal. @internal */
export function refusalIn(entry: LogEntry): LoggedRefusal | undefined {
  if (entry['event'] !== 'access.refused') return undefined;
  const said = explaining
    .map((name) => [name, text(entry[name])] as const)
    .filter(([, value]) => value !== '');
  return {
    service: text(entry['service']),
    decision: text(entry['decision']),
    code: text(entry['code']),
    facts: [['request', requestOf(entry)], ...said],
  };
}
