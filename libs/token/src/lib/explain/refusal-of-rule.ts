import type { ProtectedRule, Requirement } from '../authorize/access-rule.js';
import type { Decision } from '../authorize/decision.js';
import type { Identity } from '../cache/create-authenticator.js';
import { AccessError, type AccessErrorCode } from '../errors.js';
import type { Json } from '../types.js';

type Refused = Extract<Decision, { outcome: 'refused' }>;

/** What would make a request pass. */
interface Fix {
  readonly fix: string;
  /** A command line of `countersign` that does it, where one does. */
  readonly command?: string | undefined;
}

type Suggest = (decision: Refused, rule: ProtectedRule, identity: Identity) => Fix;

const suggestions: Partial<Record<AccessErrorCode, Suggest>> = {
  AUDIENCE_MISMATCH: ({ expected }, _rule, identity) => ({
    fix: 'ask the issuer for a token with the expected audience',
    command: fromServer(identity, 'token', 'mint', '--audience', expected),
  }),
  CALLER_FORBIDDEN: (_decision, _rule, { verified, principal: { caller } }) => ({
    fix:
      caller.name === undefined
        ? `call as an expected caller; this one has no name here: give it one among the callers of the trust entry ${verified.issuer.name}`
        : 'call as an expected caller, or add this one to the rule of the route',
  }),
  PRINCIPAL_KIND_FORBIDDEN: () => ({
    fix: 'ask for a token on behalf of a user, or of the service alone, as the rule expects',
  }),
  SCOPE_MISSING: ({ expected, got }, rule, identity) => {
    const missing = missingScopes(rule, expected, got);
    const { issuer, claims } = identity.verified;
    if (issuer.mayAssert !== 'any' && missing.some((scope) => says(claims['scope'], scope)))
      return {
        fix: `the token says so, but ${issuer.name} may not assert it: add it to mayAssert of its trust entry`,
      };
    const { id } = identity.principal.caller;
    const grant = ['grant', 'add', id, rule.audience, '--scope', missing.join(',')];
    return {
      fix: 'grant the caller an expected scope for this audience, and ask for it',
      command: fromServer(identity, ...grant),
    };
  },
  POLICY_REFUSED: () => ({
    fix: 'act for a subject whom this policy allows it; its reason stands under got',
  }),
};

/**
 * The refusal of a rule as an error: with what would make the request pass, as a command where one
 * does it. A command holds no word that a shell would read as more than a word.
 * @publicApi
 */
export function refusalOfRule(
  decision: Refused,
  rule: ProtectedRule,
  identity: Identity,
): AccessError {
  const { code, check, expected, got } = decision;
  const { fix, command } = suggestions[code]?.(decision, rule, identity) ?? {};
  return new AccessError(code, {
    detail: {
      check,
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
      ...(fix !== undefined && { fix }),
      ...(command !== undefined && { command }),
    },
  });
}

/** Only our own authorization servers are administered by `countersign`. */
function fromServer(
  { verified: { issuer } }: Identity,
  ...words: readonly (Json | undefined)[]
): string | undefined {
  return issuer.kind === 'authorization-server' && words.every(isPlainWord)
    ? ['countersign', ...words].join(' ')
    : undefined;
}

function isPlainWord(word: Json | undefined): boolean {
  return typeof word === 'string' && /^[\w.:/@%+,~-]{1,256}$/.test(word) && !/^-[^-]/.test(word);
}

function missingScopes(rule: ProtectedRule, expected?: Json, got?: Json): readonly string[] {
  const held = textsIn(got);
  const missing = textsIn(expected).filter((scope) => !held.includes(scope));
  return isOneEnough(rule.require, expected) ? missing.slice(0, 1) : missing;
}

/** Whether the scopes that were expected, the very list of the rule, are alternatives. */
function isOneEnough(require: readonly Requirement[], expected?: Json): boolean {
  return require.some((one) =>
    'of' in one
      ? isOneEnough(one.of, expected)
      : one.kind === 'scopes' && one.match === 'any' && one.scopes === expected,
  );
}

function textsIn(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
}

function says(scope: Json | undefined, one: string): boolean {
  return typeof scope === 'string' && scope.split(' ').includes(one);
}
