import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CallerRef, Principal as PrincipalValue, SubjectRef } from '@countersign/token';

import { holderOf } from '../context/call-of.js';
import { principalOf } from '../context/principal.js';

const required = (context: ExecutionContext): PrincipalValue => {
  const principal = principalOf(holderOf(context));
  // The boot audit refuses these decorators on public routes, so this is a broken invariant.
  if (!principal) throw new Error('No principal: this handler ran without the Countersign guard');
  return principal;
};

const principalFactory = (_: unknown, context: ExecutionContext): PrincipalValue =>
  required(context);
const callerFactory = (_: unknown, context: ExecutionContext): CallerRef =>
  required(context).caller;
const subjectFactory = (_: unknown, context: ExecutionContext): SubjectRef | undefined =>
  required(context).subject;

/** Factories by which the boot audit recognises these decorators on a route. @internal */
export const principalFactories: ReadonlySet<unknown> = new Set([
  principalFactory,
  callerFactory,
  subjectFactory,
]);

/** Injects who acts: caller, subject, scopes. Refused at boot on a public route. @publicApi */
export const Principal = createParamDecorator(principalFactory);

/** Injects the calling service. Refused at boot on a public route. @publicApi */
export const Caller = createParamDecorator(callerFactory);

/**
 * Injects the user on whose behalf the caller acts, or `undefined`. Refused at boot on a public
 * route.
 * @publicApi
 */
export const Subject = createParamDecorator(subjectFactory);
