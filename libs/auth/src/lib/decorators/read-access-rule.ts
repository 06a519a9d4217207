import type { Type } from '@nestjs/common';
import type { AccessRule, Binding, ProtectedRule, Requirement } from '@countersign/token';

import type { AccessPolicy } from './access-policy.js';
import { declarationsOf, type Declaration } from './declare.js';

/** A route's rule, and the policy classes it names. @internal */
export interface DeclaredRule {
  readonly rule: AccessRule;
  readonly policies: readonly Type<AccessPolicy<never>>[];
}

/** Why a route has no usable rule. @internal */
export interface RuleProblem {
  readonly problem: string;
  /** Whether nothing at all is said of who may call. */
  readonly isUndeclared?: true;
}

type Of<Kind extends Declaration['kind']> = Extract<Declaration, { kind: Kind }>;

const pick = <Kind extends Declaration['kind']>(
  declarations: readonly Declaration[],
  kind: Kind,
): Of<Kind>[] =>
  declarations.filter((declaration): declaration is Of<Kind> => declaration.kind === kind);

const demands = (declarations: readonly Declaration[]): boolean =>
  declarations.some(({ kind }) => kind === 'requirement' || kind === 'authenticated');

const proofKinds: ReadonlySet<Declaration['kind']> = new Set([
  'bound',
  'single-use',
  'sender-constrained',
]);

/** Whether something is said of how a call has to prove itself. */
const demandsProof = (declarations: readonly Declaration[]): boolean =>
  declarations.some(({ kind }) => proofKinds.has(kind));

/** Whether something is declared that a call has to meet. */
const isClosed = (declarations: readonly Declaration[]): boolean =>
  demands(declarations) || demandsProof(declarations);

/**
 * Builds the rule of a route from what its class and its method declare. Class and method are
 * ANDed, also in what a call has to prove; a method's audience replaces its class's; only `@Public`
 * on the method itself widens.
 * @internal
 */
export function readAccessRule(controller: object, handler: object): DeclaredRule | RuleProblem {
  const onClass = declarationsOf(controller);
  const onMethod = declarationsOf(handler);
  const problem = contradiction('class', onClass) ?? contradiction('method', onMethod);
  if (problem !== undefined) return { problem };

  // The method has the last word, where it has one, on whether a token is needed.
  const opened = isClosed(onMethod) ? undefined : (openingOf(onMethod) ?? openingOf(onClass));
  if (opened?.kind === 'public')
    return { rule: { access: 'public', reason: opened.reason }, policies: [] };
  if (opened?.kind === 'optional' && isClosed(onClass))
    return { problem: 'declares @OptionalAuth(), but its class has requirements' };
  return protectedRule([...onClass, ...onMethod], opened !== undefined);
}

/** What cannot be meant together: one would silently win, and the reader of the other would be wrong. */
function contradiction(
  place: 'class' | 'method',
  declared: readonly Declaration[],
): string | undefined {
  const words = openingsOf(declared).map(({ kind }) => openingWords[kind]);
  if (words.length > 0 && isClosed(declared))
    return `the ${place} declares ${words[0]} and requirements at once`;
  if (new Set(words).size > 1) return `the ${place} declares ${words.join(' and ')} at once`;
  if (place === 'method' && pick(declared, 'audience').length > 1)
    return 'the method declares more than one @Audience()';
  return undefined;
}

const openingWords = { public: '@Public()', optional: '@OptionalAuth()' } as const;

const openingsOf = (declarations: readonly Declaration[]) => [
  ...pick(declarations, 'public'),
  ...pick(declarations, 'optional'),
];

const openingOf = (declarations: readonly Declaration[]) => openingsOf(declarations).at(-1);

function protectedRule(
  declared: readonly Declaration[],
  isOptional: boolean,
): DeclaredRule | RuleProblem {
  if (!demands(declared) && !isOptional)
    return demandsProof(declared)
      ? {
          problem:
            'says how a call proves itself, but not who may call: add @Scopes(), @Authenticated() ...',
        }
      : { problem: 'declares no rule', isUndeclared: true };
  const audience = pick(declared, 'audience').at(-1)?.audience;
  if (!audience) return { problem: 'declares no @Audience()' };
  const requirements = pick(declared, 'requirement');
  return {
    rule: {
      access: 'protected',
      audience,
      require: requirements.flatMap(({ requirement }) => flatten(requirement)),
      ...proofOf(declared),
      ...(isOptional && { optional: true }),
    },
    policies: [...new Set(requirements.flatMap(({ policies }) => policies))],
  };
}

/** A whole request is more than its body, so it wins. */
function proofOf(
  declared: readonly Declaration[],
): Pick<ProtectedRule, 'bound' | 'singleUse' | 'senderConstrained'> {
  const bindings = pick(declared, 'bound').map(({ bound }) => bound);
  const bound: Binding | undefined = bindings.includes('request') ? 'request' : bindings[0];
  return {
    ...(bound !== undefined && { bound }),
    ...(pick(declared, 'single-use').length > 0 && { singleUse: true }),
    ...(pick(declared, 'sender-constrained').length > 0 && { senderConstrained: true }),
  };
}

/** An AND inside the rule's own AND says nothing more. */
const flatten = (requirement: Requirement): readonly Requirement[] =>
  requirement.kind === 'allOf' ? requirement.of.flatMap(flatten) : [requirement];
