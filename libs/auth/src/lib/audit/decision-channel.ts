import { channel } from 'node:diagnostics_channel';

import type { AccessErrorCode } from '@countersign/token';

/** One decision of the guard, without anything of the request. @publicApi */
export interface DecisionMessage {
  /** The service that decided: several can live in one process. */
  readonly service: string;
  /** Why it was refused; left out where it was granted. */
  readonly code?: AccessErrorCode;
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

/** Tells a decision. @internal */
export function tellDecision(service: string, code?: AccessErrorCode): void {
  if (!decisionChannel.hasSubscribers) return;
  const message: DecisionMessage = code === undefined ? { service } : { service, code };
  decisionChannel.publish(message);
}
