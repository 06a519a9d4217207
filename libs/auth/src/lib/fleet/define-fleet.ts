import { checkFleet, type FleetDefinition } from './fleet-definition.js';
import { fleetMember, type FleetMember } from './fleet-member.js';
import type { Checked } from './fleet-types.js';

/** A fleet that was defined. @publicApi */
export interface Fleet<Definition extends FleetDefinition> {
  /** The definition, checked and frozen: plain data for tools, such as an access map. */
  readonly definition: Definition;
  /**
   * What one of its services is written with.
   * @throws TypeError for a name that the fleet does not have.
   */
  service<Name extends keyof Definition & string>(name: Name): FleetMember<Definition, Name>;
}

/**
 * Defines the services of a fleet in one place: their audiences, their scopes and who calls whom. What is
 * made of it takes only names that stand there, so a typo in a scope, an audience, a service or a call
 * does not compile.
 *
 * @example
 * export const fleet = defineFleet({
 *   census: { audience: 'https://census.example/', scopes: { 'users:read': 'read users' } },
 *   herald: { calls: { census: ['users:read'] } },
 * });
 * export const census = fleet.service('census');
 * // elsewhere: @census.Audience('census') @census.Scopes('users:read') @census.Callers('herald')
 * @throws TypeError as {@link checkFleet} does.
 * @publicApi
 */
export function defineFleet<const Definition extends FleetDefinition>(
  definition: Definition & Checked<Definition>,
): Fleet<Definition> {
  const checked = checkFleet(definition);
  return Object.freeze<Fleet<Definition>>({
    definition: checked as Definition,
    service: (name) => {
      if (!Object.hasOwn(checked, name))
        throw new TypeError(
          `${String(name)} is no service of the fleet: ${Object.keys(checked).join(', ')}`,
        );
      return fleetMember<Definition, typeof name>(checked, name);
    },
  });
}
