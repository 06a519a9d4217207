/** What somebody could do who has the keys of one service. */
import type {
  AccessMapDocument,
  DeclaredCall,
  MappedIssuer,
  TokenOrigin,
} from '@countersign/token';

import { approach, approachesTo, demandedScopes, type Approach } from './approaches.js';
import type { Fleet } from './fleet.js';
import { edgeOf, order, type Edge } from './reach.js';

/** Something that a leaked key opens. */
export interface Opened extends Omit<Edge, 'via'> {
  readonly via: Approach['via'] | 'issued' | 'through';
  /** The services that act in between, each by its own declared call; none where the key does it. */
  readonly through: readonly string[];
  /** Whom an issued token names, where the receiver tells its clients apart. */
  readonly caller?: string;
}

/**
 * Everything that the keys of a service open: what it may sign itself and be granted, what it may
 * exchange, and, through the declared calls of the services reached, what these do when they are asked.
 * For the authorization server everything that its tokens open.
 * @throws TypeError for a name that is neither a service with a map nor a registered client.
 */
export function blastRadius(name: string, fleet: Fleet): readonly Opened[] {
  const service = fleet.service(name);
  if (service === undefined && fleet.clientsOf(name).length === 0)
    throw new TypeError(`there is neither an access map nor a client of ${name}`);
  const isIssuer = service !== undefined && isServer(service, fleet);
  const own = isIssuer ? issued(service, fleet) : presented(name, fleet);
  return [...own, ...passedOn(name, own, fleet)].sort(
    (a, b) =>
      a.through.length - b.through.length ||
      order(`${a.to} ${a.as} ${a.via}`, `${b.to} ${b.as} ${b.via}`),
  );
}

/** Every name that it can present itself under, to everybody. */
function presented(name: string, fleet: Fleet): readonly Opened[] {
  return fleet.maps.flatMap((target) =>
    approachesTo(target, fleet)
      .filter(({ from }) => from === name)
      .map((way) => ({ ...edgeOf(target, way), through: [] }))
      .filter(({ routes }) => routes.length > 0),
  );
}

const isServer = (service: AccessMapDocument, fleet: Fleet): boolean =>
  fleet.maps.some(({ trust }) =>
    trust.some((entry) => isItsOwn(entry, service) && entry.kind === 'authorization-server'),
  );

const isItsOwn = ({ issuer }: MappedIssuer, { publicUrl }: AccessMapDocument): boolean =>
  publicUrl === issuer || publicUrl === `${issuer}/`;

/** Its keys sign for every client and every user that a trust entry allows. */
function issued(server: AccessMapDocument, fleet: Fleet): readonly Opened[] {
  return fleet.maps.flatMap((target) =>
    target.trust
      .filter((entry) => isItsOwn(entry, server))
      .flatMap((issuer) => {
        const scopes = issuer.mayAssert === 'any' ? demandedScopes(target) : issuer.mayAssert;
        return Object.values(target.audiences).flatMap((audience) =>
          [undefined, ...issuer.subjects].flatMap((prefix) =>
            [undefined, ...new Set(Object.values(issuer.callers))].map((caller) => {
              const who = { from: server.service, id: caller ?? 'any', name: caller };
              const way = { issuer, audience, scopes, via: 'granted' as const };
              const made = approach({ ...who, ...way, ...(prefix !== undefined && { prefix }) });
              const edge = { ...edgeOf(target, made), via: 'issued' as const, through: [] };
              return caller === undefined ? edge : { ...edge, caller };
            }),
          ),
        );
      })
      .filter(({ routes }) => routes.length > 0),
  );
}

/**
 * Services that were reached call others, for whomever they are asked by: whoever gets to them gets
 * that far. Routes that are open already, with the key itself or by a shorter way, are not told again.
 */
function passedOn(origin: string, own: readonly Opened[], fleet: Fleet): readonly Opened[] {
  const found: Opened[] = [];
  const open = new Set(own.flatMap(({ routes }) => routes));
  const seen = new Set([origin]);
  const queue: string[][] = [...new Set(own.map(({ to }) => to))].map((to) => [to]);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const at = path.at(-1) as string;
    if (seen.has(at)) continue;
    seen.add(at);
    const through = path;
    const next = calledBy(at, fleet).map((edge) => ({
      ...edge,
      through,
      routes: edge.routes.filter((route) => !open.has(route)),
    }));
    for (const edge of next) {
      if (edge.routes.length > 0) found.push(edge);
      queue.push([...path, edge.to]);
    }
    next.flatMap(({ routes }) => routes).forEach((route) => open.add(route));
  }
  return found;
}

/** What a service reaches by calls that it declares. */
function calledBy(name: string, fleet: Fleet): readonly Omit<Opened, 'through'>[] {
  const { calls } = fleet.service(name) ?? { calls: [] };
  return calls.flatMap((call) => {
    const target = fleet.serviceFor(call.audience);
    if (target === undefined) return [];
    return approachesTo(target, fleet)
      .filter((way) => way.from === name && isDeclared(call, way))
      .map((way) => ({ ...edgeOf(target, way), via: 'through' as const }))
      .filter(({ routes }) => routes.length > 0);
  });
}

/** Only what the call says: as whom, and where its token comes from. */
function isDeclared({ asSelf, asSubject }: DeclaredCall, { as, via }: Approach): boolean {
  const origins = (as === 'user' ? asSubject : asSelf) ?? [];
  return origins.some(({ grant }) => viaOf[grant] === via);
}

const viaOf: Readonly<Record<TokenOrigin['grant'], Approach['via']>> = {
  'self-issued': 'self-issued',
  client_credentials: 'granted',
  'jwt-bearer': 'granted',
  'token-exchange': 'exchanged',
};
