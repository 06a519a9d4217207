import type { AccessRule, ProtectedRule, Requirement } from './access-rule.js';

/**
 * A rule in words: for tables, snapshots and people who review.
 *
 * @example
 * ruleInWords(rule) // 'census: (users:read and a user and MaySeeUser) or (users:read:any and no user)'
 * @publicApi
 */
export function ruleInWords(rule: AccessRule): string {
  if (rule.access === 'public') return `everybody: ${rule.reason}`;
  const wanted = joined(rule.require, ' and ') || 'any trusted caller';
  const optional = rule.optional === true ? ', or nobody' : '';
  return [`${rule.audience}: ${wanted}${optional}`, ...proofInWords(rule)].join('; ');
}

function proofInWords({ bound, singleUse, senderConstrained }: ProtectedRule): readonly string[] {
  return [
    ...(bound === undefined ? [] : [`signed for this ${bound}`]),
    ...(singleUse === true ? ['good for one use'] : []),
    ...(senderConstrained === true ? ['bound to its sender'] : []),
  ];
}

function joined(requirements: readonly Requirement[], word: ' and ' | ' or '): string {
  const same = word === ' and ' ? 'allOf' : 'anyOf';
  const flat = requirements.flatMap((one) => (one.kind === same ? one.of : [one]));
  return flat
    .map((one) => [one, requirementInWords(one)] as const)
    .map(([one, text]) => (flat.length > 1 && isCombined(one) ? `(${text})` : text))
    .join(word);
}

function isCombined(requirement: Requirement): boolean {
  if (requirement.kind === 'allOf' || requirement.kind === 'anyOf')
    return requirement.of.length > 1 || requirement.of.some(isCombined);
  if (requirement.kind === 'callers') return requirement.names.length > 1;
  return requirement.kind === 'scopes' && requirement.scopes.length > 1;
}

function requirementInWords(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'scopes':
      return requirement.scopes.join(requirement.match === 'all' ? ' and ' : ' or ');
    case 'callers':
      return `called by ${requirement.names.join(' or ')}`;
    case 'subject':
      return requirement.subject === 'user' ? 'a user' : 'no user';
    case 'policy':
      return requirement.options === null
        ? requirement.policy
        : `${requirement.policy}(${JSON.stringify(requirement.options)})`;
    case 'allOf':
      return joined(requirement.of, ' and ');
    case 'anyOf':
      return joined(requirement.of, ' or ');
  }
}
