import type { Principal } from '@countersign/token';

/**
 * Who acts in this request, or `undefined` where no rule authenticated anybody.
 *
 * @example
 * const caller = principalOf(request)?.caller.name;
 * @publicApi
 */
export function principalOf(request: object): Principal | undefined {
  return (request as { principal?: Principal }).principal;
}

/** Writes the principal, once, read-only. @internal */
export function setPrincipal(request: object, principal: Principal): void {
  Object.defineProperty(request, 'principal', { value: principal, enumerable: true });
}
