import type { Principal } from '@countersign/token';

/** A name that nobody else writes to: a member that middleware left on a request is no principal. */
const PRINCIPAL = Symbol('countersign:principal');

/**
 * Who acts in this request, or `undefined` where no rule authenticated anybody.
 *
 * @example
 * const caller = principalOf(request)?.caller.name;
 * @publicApi
 */
export function principalOf(request: object): Principal | undefined {
  return (request as { readonly [PRINCIPAL]?: Principal })[PRINCIPAL];
}

/**
 * Writes the principal. Assigned, because a member that is defined read-only costs as much of a
 * request as hashing its token (ADR 29).
 * @internal
 */
export function setPrincipal(request: object, principal: Principal): void {
  (request as { [PRINCIPAL]?: Principal })[PRINCIPAL] = principal;
}
