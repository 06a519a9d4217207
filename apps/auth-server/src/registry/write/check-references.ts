import type {
  ClientDocument,
  EdgeDocument,
  GrantDocument,
  IssuerDocument,
  ServiceDocument,
} from '../documents/documents.js';
import type { RegistryProblem } from '../registry-errors.js';

/** Documents that are written together. */
export interface DocumentSet {
  readonly services: readonly ServiceDocument[];
  readonly clients: readonly ClientDocument[];
  readonly issuers: readonly IssuerDocument[];
}

/** What documents may refer to: all there is once they are written. */
export interface Surroundings {
  /** The URL of this server. */
  readonly ownIssuer: string;
  readonly services: ReadonlyMap<
    string,
    { readonly audience: string; readonly scopes: readonly string[]; readonly builtIn?: boolean }
  >;
  readonly issuers: ReadonlyMap<
    string,
    { readonly issuer: string; readonly kind: 'users' | 'workloads' }
  >;
  /** Issuers that some client's identity names. */
  readonly issuersInUse: ReadonlySet<string>;
  /** Ids of clients that differ from one of the set by the case of letters only. */
  readonly lookAlikes: ReadonlyMap<string, string>;
}

type Path = readonly PropertyKey[];

/**
 * Everything documents say that does not fit what they refer to: services, scopes and issuers that
 * are not there, audiences and issuers that somebody else has, URIs of this server itself.
 */
export function checkReferences(set: DocumentSet, around: Surroundings): RegistryProblem[] {
  return [
    ...set.services.flatMap((one, at) => checkService(one, around, ['services', at])),
    ...set.issuers.flatMap((one, at) => checkIssuer(one, around, ['issuers', at])),
    ...set.clients.flatMap((one, at) => checkClient(one, around, ['clients', at])),
  ];
}

function checkService(
  { name, audience }: ServiceDocument,
  { ownIssuer, services }: Surroundings,
  path: Path,
): RegistryProblem[] {
  const own = ['', '/admin', '/exchange', '/people'].flatMap((path) => [path, `${path}/`]);
  const at = [...path, 'audience'];
  if (own.some((suffix) => audience === ownIssuer + suffix)) {
    return [{ path: at, message: 'is an audience of this server' }];
  }
  const owner = [...services].find(([other, one]) => other !== name && one.audience === audience);
  return owner ? [{ path: at, message: `is the audience of service ${owner[0]}` }] : [];
}

function checkIssuer(
  { name, kind, issuer }: IssuerDocument,
  { ownIssuer, issuers, issuersInUse }: Surroundings,
  path: Path,
): RegistryProblem[] {
  const problems: RegistryProblem[] = [];
  const at = [...path, 'issuer'];
  // Its tokens would be read as ours, with somebody else's keys.
  const own = ['', '/', '/people', '/people/'];
  if (own.some((suffix) => issuer === ownIssuer + suffix)) {
    problems.push({ path: at, message: 'is this server itself' });
  }
  const owner = [...issuers].find(([other, one]) => other !== name && one.issuer === issuer);
  if (owner) problems.push({ path: at, message: `is the issuer named ${owner[0]}` });
  if (kind !== 'workloads' && issuersInUse.has(name)) {
    problems.push({ path: [...path, 'kind'], message: 'identities of clients need workloads' });
  }
  return problems;
}

function checkClient(client: ClientDocument, around: Surroundings, path: Path): RegistryProblem[] {
  const problems: RegistryProblem[] = [];
  const twin = around.lookAlikes.get(client.id);
  if (twin !== undefined) {
    problems.push({ path: [...path, 'id'], message: `differs from client ${twin} by case only` });
  }
  const own = client.service === undefined ? undefined : around.services.get(client.service);
  if (client.service !== undefined && (!own || own.builtIn)) {
    problems.push({ path: [...path, 'service'], message: `service ${client.service} ${absent}` });
  }
  client.identities.forEach(({ issuer }, at) => {
    if (around.issuers.get(issuer)?.kind === 'workloads') return;
    const message = `there is no issuer ${issuer} of workloads`;
    problems.push({ path: [...path, 'identities', at, 'issuer'], message });
  });
  return [
    ...problems,
    ...client.grants.flatMap((one, at) => checkGrant(one, around, [...path, 'grants', at])),
    ...client.onBehalfOf.flatMap((one, at) => checkEdge(one, around, [...path, 'onBehalfOf', at])),
  ];
}

const absent = 'does not exist';

function checkGrant(
  { service, scopes }: GrantDocument,
  around: Surroundings,
  path: Path,
): RegistryProblem[] {
  return checkScopes(service, scopes, around, path, 'service');
}

function checkEdge(
  { source, target, scopes }: EdgeDocument,
  around: Surroundings,
  path: Path,
): RegistryProblem[] {
  const problems = checkScopes(target, scopes, around, path, 'target');
  if (around.services.has(source)) return problems;
  return [{ path: [...path, 'source'], message: `service ${source} ${absent}` }, ...problems];
}

function checkScopes(
  name: string,
  scopes: readonly string[],
  { services }: Surroundings,
  path: Path,
  member: string,
): RegistryProblem[] {
  const service = services.get(name);
  if (!service) return [{ path: [...path, member], message: `service ${name} ${absent}` }];
  return scopes.flatMap((scope, at) =>
    service.scopes.includes(scope)
      ? []
      : [{ path: [...path, 'scopes', at], message: `service ${name} has no scope ${scope}` }],
  );
}
