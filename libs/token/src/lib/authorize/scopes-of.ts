import type { AccessRule, Requirement } from './access-rule.js';

/** Every scope that a rule names, each once: what metadata and maps tell of it. @publicApi */
export function scopesOf(rule: AccessRule): readonly string[] {
  return rule.access === 'public' ? [] : [...new Set(rule.require.flatMap(namedIn))];
}

function namedIn(requirement: Requirement): readonly string[] {
  switch (requirement.kind) {
    case 'scopes':
      return requirement.scopes;
    case 'allOf':
    case 'anyOf':
      return requirement.of.flatMap(namedIn);
    default:
      return [];
  }
}
