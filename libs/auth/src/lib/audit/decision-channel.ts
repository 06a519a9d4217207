import { channel } from 'node:diagnostics_channel';

import type { AccessErrorCode } from '@countersign/token';

/** One decision of the guard, without anything of the request. @publicApi */
export interface DecisionMessage {
  /** The service that decided: several can live in one process. */
  readonly service: string;
  /** Why it was refused; left out where it was granted. */
  readonly code?: AccessErrorCode;
  /** The id under which the log explains a refusal. */
  readonly decision?: string;
  /** From the guard's first look on; left out where nobody listened then. */
  readonly milliseconds?: number;
  /** Whether it was let through without a rule, because the application is moving here. */
  readonly undeclared?: true;
}

/**
 * Where every decision is told, granted and refused, for whoever counts them: a channel of
 * `node:diagnostics_channel` with a {@link DecisionMessage} for each. Costs nothing while nobody listens.
 *
 * @example
 * decisionChannel.subscribe((message) => count((message as DecisionMessage).code ?? 'granted'));
 * @publicApi
 */
export const decisionChannel = channel('countersign:decision');

/** Tells of a call that no rule decides. @internal */
export function tellUndeclared(service: string): void {
  if (!decisionChannel.hasSubscribers) return;
  const message: DecisionMessage = { service, undeclared: true };
  decisionChannel.publish(message);
}

/** When a decision began, for whoever wants to know how long it took. @internal */
export function beginningOfDecision(): number | undefined {
  return decisionChannel.hasSubscribers ? performance.now() : undefined;
}

/** Tells a decision. @internal */
export function tellDecision(
  service: string,
  since: number | undefined,
  refusal?: { readonly code: AccessErrorCode; readonly decision: string },
): void {
  if (!decisionChannel.hasSubscribers) return;
  const message: DecisionMessage = {
    service,
    ...refusal,
    ...(since !== undefined && { milliseconds: performance.now() - since }),
  };
  decisionChannel.publish(message);
}
