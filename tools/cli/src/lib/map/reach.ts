/** Which routes an approach gets to, by the very `decide()` of the guard. */
import {
  decide,
  ruleForIssuer,
  type AccessMapDocument,
  type Decision,
  type MappedRoute,
  type ProtectedRule,
} from '@countersign/token';

import { approachesTo, type Approach } from './approaches.js';
import type { Fleet } from './fleet.js';

/** What one caller can reach at one service, in one way. */
export interface Edge extends Pick<Approach, 'from' | 'via' | 'as' | 'subjects'> {
  readonly to: string;
  /** Those of its scopes that routes it reaches look at. */
  readonly scopes: readonly string[];
  readonly routes: readonly MappedRoute[];
}

/** What a rule says of an approach; policies, which need a request, are taken to consent. */
export function decideFor(
  rule: ProtectedRule,
  { audiences }: Pick<AccessMapDocument, 'audiences'>,
  { issuer, principal }: Pick<Approach, 'issuer' | 'principal'>,
): Decision {
  return decide(ruleForIssuer(rule, issuer), { principal, audiences });
}

/** Every protected route of a service that lets the approach pass, unless a policy refuses. */
export function routesReached(
  service: AccessMapDocument,
  approach: Pick<Approach, 'issuer' | 'principal'>,
): readonly MappedRoute[] {
  return service.routes.filter(
    ({ rule }) =>
      rule.access === 'protected' && decideFor(rule, service, approach).outcome !== 'refused',
  );
}

/** Who may call whom: only where there is a route that lets it pass. */
export function edgesOf(fleet: Fleet): readonly Edge[] {
  const edges = fleet.maps.flatMap((service) =>
    approachesTo(service, fleet).map((approach) => edgeOf(service, approach)),
  );
  return edges.filter(({ routes }) => routes.length > 0).sort((a, b) => order(key(a), key(b)));
}

/** What an approach reaches. */
export function edgeOf(service: AccessMapDocument, approach: Approach): Edge {
  const { from, via, as, subjects, principal } = approach;
  const routes = routesReached(service, approach);
  const text = JSON.stringify(routes.map(({ rule }) => rule));
  const scopes = principal.scopes.filter((scope) => text.includes(JSON.stringify(scope)));
  return { from, to: service.service, via, as, subjects, scopes: [...scopes].sort(), routes };
}

const key = ({ from, to, via, as, subjects = '' }: Edge): string =>
  [from, to, as, via, subjects].join(' ');

/** Not by locale: the order is part of documents. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
