/** What routes demand, against what anybody has. */
import type { AccessMapDocument } from '@countersign/token';

import { approachesTo, demandedScopes } from './approaches.js';
import type { Finding } from './findings.js';
import type { Fleet } from './fleet.js';
import { routesReached } from './reach.js';

/** Scopes and routes that nobody can use, and rights that nobody needs, at one service. */
export function checkRules(service: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  const isKnown = fleet.registry !== undefined || !trustsServer(service);
  return [
    ...(isKnown ? [...unheldScopes(service, fleet), ...unreachedRoutes(service, fleet)] : []),
    ...needlessGrants(service, fleet),
    ...needlessAssertions(service),
  ];
}

const trustsServer = ({ trust }: AccessMapDocument): boolean =>
  trust.some(({ kind }) => kind === 'authorization-server');

function unheldScopes(service: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  const held = new Set(
    approachesTo(service, fleet).flatMap(({ principal }) => [...principal.scopes]),
  );
  return demandedScopes(service)
    .filter((scope) => !held.has(scope))
    .map((scope) => ({
      code: 'scope-nobody-holds',
      about: `${service.service} ${scope}`,
      message: `Routes of ${service.service} demand ${scope}, which nobody holds.`,
      fix: `countersign grant add <client> ${registeredName(service, fleet)} --scope ${scope}, or mayAssert of a trust entry in ${service.service}; or take it out of the rules.`,
    }));
}

/** The name at the authorization server, which commands speak of. */
export function registeredName(service: AccessMapDocument, fleet: Fleet): string {
  const names = Object.values(service.audiences).map((audience) => fleet.registeredFor(audience));
  return names.find((name) => name !== undefined) ?? service.service;
}

/** Only those whose scopes somebody holds: the others are told already. */
function unreachedRoutes(service: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  const approaches = approachesTo(service, fleet);
  const reached = new Set(approaches.flatMap((approach) => routesReached(service, approach)));
  const unheld = new Set(
    unheldScopes(service, fleet).map(({ about }) => about.slice(service.service.length + 1)),
  );
  return service.routes
    .filter((route) => route.rule.access === 'protected' && !reached.has(route))
    .filter((route) => !demandedScopes({ ...service, routes: [route] }).some((s) => unheld.has(s)))
    .map(({ method, path, handler }) => ({
      code: 'route-nobody-reaches',
      about: `${service.service} ${method} ${path}`,
      message: `Nobody gets to ${method} ${path} of ${service.service}: no caller has all that its rule demands.`,
      fix: `countersign map --service ${service.service} shows who has what; change the rule of ${handler}, a grant or a trust entry.`,
    }));
}

function needlessGrants(service: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  return Object.entries(service.audiences).flatMap(([name, audience]) => {
    const demanded = new Set(demandedScopes(service, name));
    const at = registeredName(service, fleet);
    const granted = fleet
      .grantsFor(audience)
      .flatMap(([{ id }, { scopes }]) =>
        scopes
          .filter((scope) => !demanded.has(scope))
          .map((scope) => needless(`${id} may ask ${at} for ${scope}`, grantFix(id, at, scope))),
      );
    const passed = (fleet.registry?.clients ?? []).flatMap(({ id, onBehalfOf }) =>
      onBehalfOf
        .filter(({ target }) => fleet.audienceOf(target) === audience)
        .flatMap(({ source, target, scopes }) =>
          scopes
            .filter((scope) => !demanded.has(scope))
            .map((scope) =>
              needless(
                `${id} may exchange ${source} for ${target} with ${scope}`,
                `countersign edge add ${id} ${source} ${target} --replace, without ${scope}.`,
              ),
            ),
        ),
    );
    return [...granted, ...passed];
  });
}

const grantFix = (client: string, service: string, scope: string): string =>
  `countersign grant add ${client} ${service} --replace, without ${scope}; or countersign grant remove ${client} ${service}.`;

const needless = (about: string, fix: string): Finding => ({
  code: 'grant-nobody-needs',
  about,
  message: `${about}, which no route demands.`,
  fix,
});

function needlessAssertions(service: AccessMapDocument): readonly Finding[] {
  const demanded = new Set(demandedScopes(service));
  return service.trust.flatMap(({ name, mayAssert }) =>
    (mayAssert === 'any' ? [] : mayAssert)
      .filter((scope) => !demanded.has(scope))
      .map((scope) =>
        needless(
          `${name} may assert ${scope} at ${service.service}`,
          `take ${scope} out of mayAssert of the trust entry '${name}' in ${service.service}.`,
        ),
      ),
  );
}
