import { Counter, Registry } from 'prom-client';

/** What apps count of their own: of the whole process, since counters are made where they are used. @internal */
export const eventRegistry = new Registry();

/** What is counted, and by which values. @publicApi */
export interface EventCounterOptions<Value extends string> {
  /** As Prometheus wants it: `herald_deliveries_total`. */
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Every value there can be: a label must not grow with what callers send. */
  readonly values: readonly Value[];
}

/**
 * Makes a counter that is served on `METRICS_PORT`, beside what every app measures. Make it once, at
 * the top of a module; each value is there from the start, at 0.
 *
 * Throws an Error for a name that is taken or breaks Prometheus' grammar.
 *
 * @example
 * const count = eventCounter({ name: 'jobs_total', help: 'Jobs done.', label: 'state', values: ['ok', 'failed'] });
 * count('ok');
 * @publicApi
 */
export function eventCounter<Value extends string>(
  options: EventCounterOptions<Value>,
): (value: Value) => void {
  const { name, help, label, values } = options;
  const counter = new Counter({ name, help, labelNames: [label], registers: [eventRegistry] });
  for (const value of values) counter.inc({ [label]: value }, 0);
  return (value) => counter.inc({ [label]: value });
}
