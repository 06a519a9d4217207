/** Metrics and traces: apart from the main door, because `@opentelemetry/api` is optional. */
export { observeCountersign, type ObserveOptions } from './lib/telemetry/observe-countersign.js';
