import { checkOption } from '../../check-option.js';
import type { TokenProfile } from '../../types.js';
import { isScopeToken } from '../../parse-scope.js';
import type { ForeignRules, Relaxation, TokenDialect } from './dialect.js';
import { relaxationWords } from './dialect.js';

/** How the claims of a server that is not ours become ours. @publicApi */
export interface ForeignRulesOptions {
  /**
   * Users: canonical URI prefixes that it may speak for, where it names users by such URIs; or the
   * prefix below which we put its own names of users. None unless given.
   */
  readonly subjects?: readonly string[] | { readonly prefix: string };
  /** What the server calls our audiences, where it is not their URI: its value -> our URI. */
  readonly audiences?: Readonly<Record<string, string>>;
  /** With `aud-missing`: the audience that tokens of `callers` are meant for. */
  readonly audience?: string;
  /** What stands before our scopes in its tokens, such as `census/`; others are left out. */
  readonly scopePrefix?: string;
  /** The checks that are given up; none unless listed. */
  readonly relaxations?: readonly Relaxation[];
}

/** Checks the options and makes the rules of them; a TypeError names the option at fault. @internal */
export function foreignRules(
  dialect: TokenDialect,
  options: ForeignRulesOptions,
  callers: Readonly<Record<string, string>>,
  allowed: readonly Relaxation[],
): ForeignRules {
  const { relaxations = [], scopePrefix = '' } = options;
  checkOption(
    Array.isArray(relaxations) && relaxations.every((word) => allowed.includes(word)),
    'relaxations',
    `be among ${allowed.join(', ')} for this server`,
  );
  checkOption(
    scopePrefix === '' || isScopeToken(scopePrefix),
    'scopePrefix',
    'be the beginning of a scope',
  );
  return Object.freeze<ForeignRules>({
    dialect,
    relaxations: Object.freeze(relaxationWords.filter((word) => relaxations.includes(word))),
    audiences: checkedAudiences(options.audiences ?? {}),
    missingAudience: missingAudience(options, callers),
    scopePrefix,
    subjectPrefix: prefixOf(options.subjects),
  });
}

function checkedAudiences(audiences: Readonly<Record<string, string>>): Record<string, string> {
  const isUriMap = Object.entries(audiences).every(
    ([name, uri]) => name !== '' && typeof uri === 'string' && URL.canParse(uri),
  );
  checkOption(isUriMap, 'audiences', 'map what the server calls us to URIs');
  return Object.freeze(Object.assign(Object.create(null) as Record<string, string>, audiences));
}

function missingAudience(
  { relaxations = [], audience }: ForeignRulesOptions,
  callers: Readonly<Record<string, string>>,
): string | undefined {
  const mayBeMissing = relaxations.includes('aud-missing');
  checkOption(
    mayBeMissing ? typeof audience === 'string' && URL.canParse(audience) : audience === undefined,
    'audience',
    "be a URI, and go together with the relaxation 'aud-missing'",
  );
  checkOption(
    !mayBeMissing || Object.keys(callers).length > 0,
    'callers',
    "list the clients that stand in for 'aud-missing'",
  );
  return audience;
}

/** The prefixes of users, whichever way they come about. @internal */
export function foreignSubjects({ subjects = [] }: ForeignRulesOptions): readonly string[] {
  const prefix = prefixOf(subjects);
  return prefix === undefined ? (subjects as readonly string[]) : [prefix];
}

/** Options may come from a file, and be anything: what is neither is refused as no list. */
function prefixOf(subjects: ForeignRulesOptions['subjects']): string | undefined {
  return typeof subjects === 'object' && subjects !== null && 'prefix' in subjects
    ? subjects.prefix
    : undefined;
}

/** The profile of RFC 9068, less what the rules give up. @internal */
export function foreignProfile({ relaxations }: ForeignRules): TokenProfile {
  const isGivenUp = (word: Relaxation): boolean => relaxations.includes(word);
  return {
    name: 'foreign-access-token',
    types: [
      'at+jwt',
      ...(isGivenUp('typ-jwt') ? ['jwt'] : []),
      ...(isGivenUp('typ-missing') ? [null] : []),
    ],
    requiredClaims: isGivenUp('jti-missing') ? ['sub'] : ['sub', 'jti'],
  };
}
