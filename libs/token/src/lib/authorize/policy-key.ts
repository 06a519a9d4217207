import type { Json } from '../types.js';
import type { PolicyRequirement } from './access-rule.js';

/**
 * The name under which the outcome of one policy with these options is kept in `Evidence.policies`.
 *
 * Equal for equal options, whatever the order of their members; different for different ones.
 * @publicApi
 */
export function policyKey({ policy, options }: PolicyRequirement): string {
  return JSON.stringify([policy, sorted(options)]);
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(sorted);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member as Json)]));
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
