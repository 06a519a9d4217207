import type { Principal } from '@countersign/token';

/** A name that nobody else writes to: a member that middleware left on a request is no principal. */
const PRINCIPAL = Symbol('countersign:principal');

interface Admitted {
  [PRINCIPAL]?: Principal | undefined;
}

/**
 * Who acts in this request, or `undefined` where no rule authenticated anybody.
 *
 * @example
 * const caller = principalOf(request)?.caller.name;
 * @publicApi
 */
export function principalOf(request: object): Principal | undefined {
  return (request as Admitted)[PRINCIPAL];
}

/**
 * Writes the principal; `undefined` for somebody whom a rule let in as nobody. Assigned, because a member
 * that is defined read-only costs as much of a request as hashing its token (ADR 29).
 * @internal
 */
export function setPrincipal(request: object, principal: Principal | undefined): void {
  (request as Admitted)[PRINCIPAL] = principal;
}

/** Whether a rule let this request in: with a principal, or as nobody. @internal */
export function isAdmitted(request: object): boolean {
  return PRINCIPAL in request;
}
