/** Who can come to a service, with which token, from trust entries and grants. Must not know routes. */
import {
  scopesOf,
  type AccessMapDocument,
  type MappedIssuer,
  type Principal,
} from '@countersign/token';

import type { Fleet } from './fleet.js';

/** One way in which somebody can present themselves to a service. */
export interface Approach {
  /** A service of the fleet, or a client. */
  readonly from: string;
  /** How the token is had. */
  readonly via: 'self-issued' | 'granted' | 'exchanged' | 'foreign';
  readonly as: 'itself' | 'user';
  /** Prefix of the users it can speak for; undefined for itself. */
  readonly subjects: string | undefined;
  readonly issuer: MappedIssuer;
  readonly audience: string;
  readonly principal: Principal;
}

/** Every approach to a service, by each of its audiences. */
export function approachesTo(service: AccessMapDocument, fleet: Fleet): readonly Approach[] {
  const audiences = [...new Set(Object.values(service.audiences))];
  return service.trust.flatMap((issuer) =>
    audiences.flatMap((audience) => approachesBy(issuer, audience, service, fleet)),
  );
}

function approachesBy(
  issuer: MappedIssuer,
  audience: string,
  service: AccessMapDocument,
  fleet: Fleet,
): readonly Approach[] {
  const by = { issuer, audience };
  if (issuer.kind === 'assertion') return [];
  if (issuer.kind !== 'authorization-server') {
    const isPeer = issuer.kind === 'service-peer';
    const { subjects } = issuer;
    const scopes = issuer.mayAssert === 'any' ? demandedScopes(service) : issuer.mayAssert;
    const from = isPeer ? fleet.nameOfPeer(issuer) : issuer.name;
    const id = issuer.issuer;
    const via = isPeer ? 'self-issued' : 'foreign';
    return oneAndAll({ ...by, from, via, id, name: issuer.name, scopes, subjects });
  }
  const granted = fleet.grantsFor(audience).flatMap(([client, { scopes, subjects }]) => {
    const [from, { id }] = [fleet.nameOfClient(client), client];
    const both = commonPrefixes(subjects, issuer.subjects);
    const name = issuer.callers[id];
    return oneAndAll({ ...by, from, via: 'granted', id, name, scopes, subjects: both });
  });
  return [...granted, ...exchanged(issuer, audience, fleet)];
}

/** By edges: always for a user, because it is a user's token that is exchanged. */
function exchanged(issuer: MappedIssuer, audience: string, fleet: Fleet): readonly Approach[] {
  return (fleet.registry?.clients ?? []).flatMap((client) =>
    client.onBehalfOf
      .filter(({ target }) => fleet.audienceOf(target) === audience)
      .flatMap(({ scopes }) =>
        issuer.subjects.map((prefix) =>
          approach({
            issuer,
            audience,
            from: fleet.nameOfClient(client),
            via: 'exchanged',
            id: client.id,
            name: issuer.callers[client.id],
            scopes,
            prefix,
          }),
        ),
      ),
  );
}

interface Parts extends Pick<Approach, 'from' | 'via' | 'issuer' | 'audience'> {
  readonly id: string;
  /** The receiver's name for the caller. */
  readonly name: string | undefined;
  readonly scopes: readonly string[];
}

function oneAndAll({
  subjects,
  ...parts
}: Parts & { readonly subjects: readonly string[] }): readonly Approach[] {
  return [approach(parts), ...subjects.map((prefix) => approach({ ...parts, prefix }))];
}

/** An approach as the principal that the receiver would make of its token. */
export function approach({
  prefix,
  id,
  name,
  scopes,
  ...way
}: Parts & { readonly prefix?: string }): Approach {
  const { issuer, mayAssert } = way.issuer;
  const caller = { kind: 'service', issuer, id, name } as const;
  const subject =
    prefix === undefined ? undefined : ({ kind: 'user', issuer, uri: `${prefix}0/` } as const);
  return {
    ...way,
    as: prefix === undefined ? 'itself' : 'user',
    subjects: prefix,
    principal: {
      caller,
      subject,
      scopes: scopes.filter((scope) => mayAssert === 'any' || mayAssert.includes(scope)),
      audience: [way.audience],
      claims: {},
      expiresAt: 0,
    },
  };
}

/** The narrower of each two prefixes of which one lies below the other. */
export function commonPrefixes(some: readonly string[], others: readonly string[]): string[] {
  const common = some.flatMap((one) =>
    others.flatMap((other) =>
      one.startsWith(other) ? [one] : other.startsWith(one) ? [other] : [],
    ),
  );
  return [...new Set(common)];
}

/** Every scope that some route of a service names. */
export function demandedScopes({ routes }: AccessMapDocument, audience?: string): string[] {
  const own = routes.filter(
    ({ rule }) =>
      rule.access === 'protected' && (audience === undefined || rule.audience === audience),
  );
  return [...new Set(own.flatMap(({ rule }) => scopesOf(rule)))].sort();
}
