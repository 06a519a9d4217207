/** A small fleet for specs: web calls notes, notes calls people as the user. */
import type { AccessMapDocument, MappedIssuer, Requirement } from '@countersign/token';

import { Fleet } from '../src/lib/map/fleet.js';
import { readRegistry } from '../src/lib/map/registry.js';

export const auth = 'https://auth.example';
export const users = 'https://people.example/user/';

const server: MappedIssuer = {
  name: 'auth-server',
  kind: 'authorization-server',
  issuer: auth,
  carrier: 'Bearer',
  algorithms: ['ES256'],
  maxLifetime: 3600,
  mayAssert: 'any',
  subjects: [users],
  callers: { 'web-1': 'web' },
};
const notesItself: MappedIssuer = {
  ...server,
  name: 'notes',
  kind: 'service-peer',
  issuer: 'https://notes.example/',
  carrier: 'JWT',
  mayAssert: ['people:read'],
  callers: {},
};

export const scopes = (...names: string[]): Requirement => ({
  kind: 'scopes',
  match: 'all',
  scopes: names,
});
export const user: Requirement = { kind: 'subject', subject: 'user' };

const route = (line: string, audience: string, ...require: Requirement[]) => {
  const [method = '', path = ''] = line.split(' ');
  const rule = { access: 'protected' as const, audience, require };
  return { transport: 'http' as const, method, path, handler: `X.${method.toLowerCase()}`, rule };
};

export const notes: AccessMapDocument = {
  version: 1,
  service: 'notes',
  publicUrl: 'https://notes.example/',
  audiences: { notes: 'https://notes.example/' },
  trust: [server],
  trustSources: [],
  calls: [
    {
      target: 'people',
      audience: 'https://people.example/',
      url: 'https://people.example/',
      scopes: ['people:read'],
      bound: false,
      asSubject: [{ grant: 'self-issued', issuer: 'https://notes.example/', carrier: 'JWT' }],
    },
  ],
  routes: [
    route('POST /note', 'notes', user, scopes('notes:write')),
    route('PUT /note', 'notes', { kind: 'callers', names: ['web'] }, scopes('notes:write')),
  ],
};

export const people: AccessMapDocument = {
  version: 1,
  service: 'people',
  publicUrl: 'https://people.example/',
  audiences: { people: 'https://people.example/' },
  trust: [server, notesItself],
  trustSources: [],
  calls: [],
  routes: [
    route('GET /user/:id', 'people', user, scopes('people:read'), {
      kind: 'policy',
      policy: 'MaySee',
      options: null,
    }),
    {
      transport: 'http',
      method: 'GET',
      path: '/health',
      handler: 'Health.live',
      rule: { access: 'public', reason: 'probe' },
    },
  ],
};

export const registry = {
  services: [
    { name: 'notes', audience: 'https://notes.example/', scopes: ['notes:write'] },
    { name: 'people', audience: 'https://people.example/', scopes: ['people:read'] },
  ],
  clients: [
    {
      id: 'web-1',
      secrets: [{ label: 'one', sha256: 'digest' }],
      grants: [{ service: 'notes', scopes: ['notes:write'], subjects: [users] }],
    },
  ],
};

/** This fleet, or one with something in it that is different. */
export const fleetOf = (
  maps: readonly AccessMapDocument[] = [notes, people],
  granted: object | undefined = registry,
): Fleet => new Fleet(maps, readRegistry(JSON.parse(JSON.stringify(granted)), 1_000_000));

/** A service with another trust entry of this name. */
export const trusting = (
  map: AccessMapDocument,
  name: string,
  change: Partial<MappedIssuer> | undefined,
): AccessMapDocument => ({
  ...map,
  trust: map.trust.flatMap((entry) => {
    if (entry.name !== name) return [entry];
    return change === undefined ? [] : [{ ...entry, ...change }];
  }),
});
