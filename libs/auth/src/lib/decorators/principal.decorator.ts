import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { checkOption } from '@countersign/token';
import type { CallerRef, Json, Principal as PrincipalValue, SubjectRef } from '@countersign/token';

import { holderOf } from '../context/call-of.js';
import { isAdmitted, principalOf } from '../context/principal.js';
import { shownToken } from '../context/shown-token.js';

/** Undefined only for who was let in as nobody. */
const admitted = (context: ExecutionContext): PrincipalValue | undefined => {
  const holder = holderOf(context);
  // The boot audit refuses these decorators on public routes, so this is a broken invariant.
  if (!isAdmitted(holder))
    throw new Error('No principal: this handler ran without the Countersign guard');
  return principalOf(holder);
};

const principalFactory = (_: unknown, context: ExecutionContext): PrincipalValue | undefined =>
  admitted(context);
const callerFactory = (_: unknown, context: ExecutionContext): CallerRef | undefined =>
  admitted(context)?.caller;
const subjectFactory = (_: unknown, context: ExecutionContext): SubjectRef | undefined =>
  admitted(context)?.subject;
const claimFactory = (name: string, context: ExecutionContext): Json | undefined => {
  const claims = admitted(context)?.claims;
  // Only what the token says: `constructor` is no claim.
  return claims !== undefined && Object.hasOwn(claims, name) ? claims[name] : undefined;
};
const accessTokenFactory = (_: unknown, context: ExecutionContext): string | undefined => {
  if (admitted(context) === undefined) return undefined;
  const token = shownToken(holderOf(context));
  // Its place in the metadata is what the guard goes by: another decorator moved it.
  if (token === undefined) throw new Error('No token was kept for @AccessToken()');
  return token;
};

/** Factories by which the boot audit recognises these decorators on a route. @internal */
export const principalFactories: ReadonlySet<unknown> = new Set([
  principalFactory,
  callerFactory,
  subjectFactory,
  claimFactory,
  accessTokenFactory,
]);

/** The factory by which the guard knows that a handler asks for the raw token. @internal */
export const tokenFactories: ReadonlySet<unknown> = new Set([accessTokenFactory]);

const claimOf = createParamDecorator(claimFactory);

/**
 * Injects who acts: caller, subject, scopes; `undefined` on a route with `@OptionalAuth()` that was
 * called without a token. Refused at boot on a public route.
 * @publicApi
 */
export const Principal = createParamDecorator(principalFactory);

/**
 * Injects the calling service; `undefined` on a route with `@OptionalAuth()` that was called without a
 * token. Refused at boot on a public route.
 * @publicApi
 */
export const Caller = createParamDecorator(callerFactory);

/**
 * Injects the user on whose behalf the caller acts, or `undefined`. Refused at boot on a public
 * route.
 * @publicApi
 */
export const Subject = createParamDecorator(subjectFactory);

/**
 * Injects one claim of the verified token as it stands there, or `undefined`: a claim is what the issuer
 * says, and only the claims that rules look at are bounded by what it may say. Refused at boot on a
 * public route.
 *
 * @example
 * one(@Claim('tenant') tenant: unknown) {}
 * @throws TypeError for an empty name.
 * @publicApi
 */
export const Claim = (name: string): ParameterDecorator => {
  checkOption(typeof name === 'string' && name !== '', '@Claim()', 'name a claim');
  return claimOf(name);
};

/**
 * Injects the raw token, for a handler that has to hand it on; `undefined` on a route with
 * `@OptionalAuth()` that was called without one. Whoever holds it can use it: do not log, keep or answer
 * it, and rather call on with a `ServiceClient`. Refused at boot on a public route.
 * @publicApi
 */
export const AccessToken = createParamDecorator(accessTokenFactory);
