import type {
  AccessMapDocument,
  AccessRule,
  DeclaredCall,
  Json,
  MappedIssuer,
  MappedRoute,
  Requirement,
  TokenOrigin,
} from '@countersign/token';

import { Place } from './shapes.js';

/**
 * Reads an access map.
 * @throws TypeError naming what is no access map, or of a version that is not known.
 */
export function readMap(json: Json): AccessMapDocument {
  const map = new Place(json, 'map');
  if (map.at('version').number() !== 1) map.at('version').refuse('1');
  const publicUrl = map.at('publicUrl').optional((place) => place.text());
  return {
    version: 1,
    service: map.at('service').text(),
    ...(publicUrl !== undefined && { publicUrl }),
    audiences: map.at('audiences').textsByName(),
    trust: map.at('trust').list(readIssuer),
    trustSources: map.at('trustSources').optional((place) => place.texts()) ?? [],
    calls: map.at('calls').list(readCall),
    routes: map.at('routes').list(readRoute),
  };
}

const kinds = ['authorization-server', 'service-peer', 'foreign-server', 'assertion'] as const;

function readIssuer(issuer: Place): MappedIssuer {
  const mayAssert = issuer.at('mayAssert');
  const bound = issuer.at('bound').optional((place) => place.oneOf(['body', 'request'] as const));
  return {
    name: issuer.at('name').text(),
    kind: issuer.at('kind').oneOf(kinds),
    issuer: issuer.at('issuer').text(),
    carrier: issuer.at('carrier').oneOf(['Bearer', 'JWT', 'Token']),
    algorithms: issuer.at('algorithms').texts() as MappedIssuer['algorithms'],
    maxLifetime: issuer.at('maxLifetime').number(),
    mayAssert: mayAssert.json() === 'any' ? 'any' : mayAssert.texts(),
    subjects: issuer.at('subjects').texts(),
    callers: issuer.at('callers').optional((place) => place.textsByName()) ?? {},
    ...(bound && { bound }),
    ...(issuer.at('singleUse').isThere && { singleUse: true }),
    ...(issuer.at('legacy').isThere && { legacy: true }),
    ...(issuer.at('senderConstrained').isThere && { senderConstrained: true }),
    ...(issuer.at('introspected').isThere && { introspected: true }),
  };
}

function readCall(call: Place): DeclaredCall {
  const asSelf = call.at('asSelf').optional((place) => place.list(readOrigin));
  const asSubject = call.at('asSubject').optional((place) => place.list(readOrigin));
  return {
    target: call.at('target').text(),
    audience: call.at('audience').text(),
    url: call.at('url').text(),
    scopes: call.at('scopes').texts(),
    bound: call.at('bound').flag(),
    ...(asSelf && { asSelf }),
    ...(asSubject && { asSubject }),
  };
}

const grants = ['self-issued', 'client_credentials', 'token-exchange', 'jwt-bearer'] as const;

function readOrigin(origin: Place): TokenOrigin {
  const grant = origin.at('grant').oneOf(grants);
  const issuer = origin.at('issuer').text();
  if (grant === 'self-issued')
    return { grant, issuer, carrier: origin.at('carrier').oneOf(['Bearer', 'JWT', 'Token']) };
  const client = origin.at('client').text();
  return { grant, issuer, client, forUsers: origin.at('forUsers').flag() };
}

function readRoute(route: Place): MappedRoute {
  return {
    transport: route.at('transport').text() as MappedRoute['transport'],
    method: route.at('method').text(),
    path: route.at('path').text(),
    handler: route.at('handler').text(),
    rule: readRule(route.at('rule')),
  };
}

function readRule(rule: Place): AccessRule {
  // Members that a later version adds to a rule stay in it, for whoever understands them.
  const whole = rule.json() as unknown as AccessRule;
  if (rule.at('access').oneOf(['public', 'protected']) === 'public') {
    rule.at('reason').text();
    return whole;
  }
  rule.at('audience').text();
  rule.at('require').list(checkRequirement);
  return whole;
}

const requirements = ['callers', 'subject', 'scopes', 'policy', 'allOf', 'anyOf'] as const;

function checkRequirement(requirement: Place): void {
  const kind: Requirement['kind'] = requirement.at('kind').oneOf(requirements);
  if (kind === 'callers') requirement.at('names').texts();
  if (kind === 'subject') requirement.at('subject').oneOf(['user', 'none']);
  if (kind === 'policy') requirement.at('policy').text();
  if (kind === 'allOf' || kind === 'anyOf') requirement.at('of').list(checkRequirement);
  if (kind !== 'scopes') return;
  requirement.at('match').oneOf(['all', 'any']);
  requirement.at('scopes').texts();
}
