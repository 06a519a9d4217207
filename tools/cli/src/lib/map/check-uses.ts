/** Rights of services that declare whom they call, against those calls. */
import type { AccessMapDocument, TokenOrigin } from '@countersign/token';

import { registeredName } from './check-rules.js';
import type { Finding } from './findings.js';
import type { Fleet } from './fleet.js';

/** Rights that a service holds at a target, and that no call of it uses. */
export function checkUses(caller: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  return fleet.maps.flatMap((target) => [
    ...unusedGrants(caller, target, fleet),
    ...unusedTrust(caller, target, fleet),
  ]);
}

function unusedGrants(
  caller: AccessMapDocument,
  target: AccessMapDocument,
  fleet: Fleet,
): readonly Finding[] {
  const at = registeredName(target, fleet);
  const uses = usesOf(caller, target);
  const isUsed = (id: string, isExchange: boolean) =>
    uses.some(
      (origin) =>
        origin.grant !== 'self-issued' &&
        origin.client === id &&
        (origin.grant === 'token-exchange') === isExchange,
    );
  return fleet
    .clientsOf(caller.service)
    .flatMap(({ id, grants, onBehalfOf }) => [
      ...grants
        .filter(({ service }) => service === at && !isUsed(id, false))
        .map(() =>
          unused(`${id} is granted rights at ${at}`, `countersign grant remove ${id} ${at}`),
        ),
      ...onBehalfOf
        .filter((edge) => edge.target === at && !isUsed(id, true))
        .map(({ source }) =>
          unused(
            `${id} may exchange ${source} for ${at}`,
            `countersign edge remove ${id} ${source} ${at}`,
          ),
        ),
    ]);
}

function unusedTrust(
  caller: AccessMapDocument,
  target: AccessMapDocument,
  fleet: Fleet,
): readonly Finding[] {
  const signs = new Set(usesOf(caller, target).map(({ issuer }) => issuer));
  return target.trust
    .filter((entry) => entry.kind === 'service-peer' && fleet.nameOfPeer(entry) === caller.service)
    .filter(({ issuer }) => !signs.has(issuer))
    .map(({ name }) =>
      unused(
        `${target.service} trusts what ${name} signs`,
        `take the trust entry '${name}' out of ${target.service}`,
      ),
    );
}

/** Where the tokens of calls to a target come from. */
function usesOf(caller: AccessMapDocument, target: AccessMapDocument): readonly TokenOrigin[] {
  const audiences = Object.values(target.audiences);
  return caller.calls
    .filter(({ audience }) => audiences.includes(audience))
    .flatMap(({ asSelf = [], asSubject = [] }) => [...asSelf, ...asSubject]);
}

const unused = (about: string, fix: string): Finding => ({
  code: 'grant-nobody-uses',
  about,
  message: `${about}, and no call that it declares uses that.`,
  fix: `${fix}; or declare the call with CountersignClientsModule.`,
});
