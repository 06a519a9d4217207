/**
 * The words of a rule: functions that build requirements, for `@Access()` and for teams' own
 * decorators. Pure data plus the policy classes it names; knows no request.
 */
import type { Type } from '@nestjs/common';
import type { Json, Requirement } from '@countersign/token';

import type { AccessPolicy } from './access-policy.js';

/** A requirement with the policy classes it names. @publicApi */
export interface RuleFragment {
  readonly requirement: Requirement;
  readonly policies: readonly Type<AccessPolicy<never>>[];
}

const fragment = (
  requirement: Requirement,
  policies: RuleFragment['policies'] = [],
): RuleFragment => ({ requirement, policies });

const nonEmpty = (word: string, values: readonly string[]): readonly string[] => {
  if (values.length === 0 || values.some((value) => typeof value !== 'string' || value === ''))
    throw new TypeError(`${word}() needs one or more non-empty names`);
  return values;
};

/** All of these scopes. @publicApi */
export const scopes = (...names: string[]): RuleFragment =>
  fragment({ kind: 'scopes', match: 'all', scopes: nonEmpty('scopes', names) });

/** At least one of these scopes. @publicApi */
export const anyScope = (...names: string[]): RuleFragment =>
  fragment({ kind: 'scopes', match: 'any', scopes: nonEmpty('anyScope', names) });

/** One of these callers, by the names the receiver's trust entries give them. @publicApi */
export const callers = (...names: string[]): RuleFragment =>
  fragment({ kind: 'callers', names: nonEmpty('callers', names) });

/** A user on whose behalf the caller acts. @publicApi */
export const requireUser = (): RuleFragment => fragment({ kind: 'subject', subject: 'user' });

/** A service of its own right: no user in the token. @publicApi */
export const serviceOnly = (): RuleFragment => fragment({ kind: 'subject', subject: 'none' });

/**
 * A user, and this policy's consent to what the user wants here.
 *
 * `options` travels in the rule, so it must be JSON. The class is a provider of the application.
 * @publicApi
 */
export function onBehalfOf<Options extends Json>(
  policy: Type<AccessPolicy<Options>>,
  ...[options]: null extends Options ? [options?: Options] : [options: Options]
): RuleFragment {
  const named: Requirement = { kind: 'policy', policy: policy.name, options: options ?? null };
  return fragment({ kind: 'allOf', of: [requireUser().requirement, named] }, [policy]);
}

const combine = (kind: 'allOf' | 'anyOf', parts: readonly RuleFragment[]): RuleFragment => {
  if (parts.length === 0) throw new TypeError(`${kind}() needs one or more requirements`);
  return fragment(
    { kind, of: parts.map((part) => part.requirement) },
    parts.flatMap((part) => part.policies),
  );
};

/** Every one of these. @publicApi */
export const allOf = (...parts: RuleFragment[]): RuleFragment => combine('allOf', parts);

/** At least one of these. @publicApi */
export const anyOf = (...parts: RuleFragment[]): RuleFragment => combine('anyOf', parts);
