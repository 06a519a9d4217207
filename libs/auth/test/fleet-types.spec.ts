import type { TokenSource, TrustEntry } from '@countersign/token';

import { defineFleet, type ClientOf } from '../src/index.js';

const fleet = defineFleet({
  census: {
    audience: 'https://census.example/',
    scopes: { 'users:read': 'read users', 'users:write': 'change users' },
  },
  herald: {
    scopes: { 'notifications:send': 'tell users something' },
    calls: { census: ['users:read'] },
  },
  nightly: { calls: { census: ['users:read', 'users:write'], herald: [] } },
});
const census = fleet.service('census');
const herald = fleet.service('herald');
const nightly = fleet.service('nightly');
const source = {} as TokenSource;
const jwks = 'https://herald.example/.well-known/jwks.json';
const peer = { issuer: 'https://herald.example/', jwks };
const trust: TrustEntry[] = [];
const client = {} as ClientOf<typeof herald, 'census'>;
const other = {} as ClientOf<typeof nightly, 'census'>;
const census2 = { url: 'https://census.example/', source };

/** Each of these compiles. */
const sentences = [
  () => census.Audience('census'),
  () => census.Scopes('users:read', 'users:write'),
  () => census.AnyScope('users:read'),
  () => census.Callers('herald', 'nightly'),
  () => census.callers('nightly'),
  () => herald.Callers('nightly'),
  () => herald.InjectClient('census'),
  () => nightly.InjectClient('herald'),
  () => census.options({ trust }),
  () => census.options({ trust, audience: 'http://127.0.0.1:3000/' }),
  () => herald.options({ trust, audience: 'https://herald.example/' }),
  () => census.peer('herald', { ...peer, mayAssert: ['users:read'] }),
  () => census.server('https://auth.example', { callers: { 'herald-id': 'herald' } }),
  () => herald.clients({ census: { ...census2, scopes: [] } }),
  () => client.asSelf().get('/user/42/', { scopes: ['users:read'] }),
  () => other.asSelf().put('/user/42/', {}, { scopes: ['users:write'] }),
];

/** Each of these must not compile; `tsc` fails on an expectation that is not met. */
const mistakes = {
  // @ts-expect-error no such service
  service: () => fleet.service('cencus'),
  // @ts-expect-error another service's audience
  audience: () => census.Audience('herald'),
  // @ts-expect-error no such scope
  scope: () => census.Scopes('users:raed'),
  // @ts-expect-error a scope of another service
  scopeOfAnother: () => census.Scopes('notifications:send'),
  // @ts-expect-error no such scope
  anyScope: () => census.AnyScope('users:read', 'users:raed'),
  // @ts-expect-error no such scope
  word: () => census.scopes('users:raed'),
  // @ts-expect-error no such scope
  anyWord: () => census.anyScope('users:raed'),
  // @ts-expect-error no scope at all
  nothing: () => census.Scopes(),
  // @ts-expect-error no such caller
  caller: () => census.Callers('hearld'),
  // @ts-expect-error a service that does not call this one
  callerOfAnother: () => herald.Callers('census'),
  // @ts-expect-error a service that does not call this one
  callerWord: () => herald.callers('herald'),
  // @ts-expect-error a service that is not called
  client: () => herald.InjectClient('nightly'),
  // @ts-expect-error a service that calls nobody
  clientOfNobody: () => census.InjectClient('herald'),
  // @ts-expect-error the client of census is missing
  clients: () => herald.clients({}),
  // @ts-expect-error a client of nobody
  clientTooMany: () => herald.clients({ census: census2, nightly: census2 }),
  // @ts-expect-error a scope that is not asked for
  clientScope: () => herald.clients({ census: { ...census2, scopes: ['users:write'] } }),
  // @ts-expect-error a scope that is not asked for
  call: () => client.asSelf().get('/user/42/', { scopes: ['users:write'] }),
  // @ts-expect-error a scope that is not asked for
  callAsSubject: () => client.asSubject().request('GET', '/', { scopes: ['users:write'] }),
  // @ts-expect-error an audience is needed where the definition has none
  options: () => herald.options({ trust }),
  // @ts-expect-error a misspelt option
  option: () => census.options({ trust, clockTolerence: '10s' }),
  // @ts-expect-error a service that does not call this one
  peer: () => herald.peer('census', peer),
  // @ts-expect-error a scope that it does not ask for
  peerScope: () => census.peer('herald', { ...peer, mayAssert: ['users:write'] }),
  // @ts-expect-error no caller of this service
  server: () => census.server('https://auth.example', { callers: { 'x-id': 'hearld' } }),
  // @ts-expect-error the fleet is what it is
  changed: () => (fleet.definition.census.audience = 'https://evil.example/'),
  target: () =>
    defineFleet({
      census: { scopes: { 'users:read': 'read users' } },
      // @ts-expect-error no such service
      herald: { calls: { cencus: ['users:read'] } },
    }),
  targetBesideAnother: () =>
    defineFleet({
      census: { scopes: { 'users:read': 'read users' } },
      // @ts-expect-error no such service, beside one that is
      herald: { calls: { census: ['users:read'], billing: [] } },
    }),
  targetScope: () =>
    defineFleet({
      census: { scopes: { 'users:read': 'read users' } },
      // @ts-expect-error no such scope
      herald: { calls: { census: ['users:raed'] } },
    }),
  targetWithoutScopes: () =>
    defineFleet({
      census: { audience: 'https://census.example/' },
      // @ts-expect-error it has no scopes
      herald: { calls: { census: ['users:read'] } },
    }),
  member: () =>
    defineFleet({
      // @ts-expect-error no such member
      census: { audiance: 'https://census.example/' },
    }),
  // @ts-expect-error a description is a text
  description: () => defineFleet({ census: { scopes: { 'users:read': true } } }),
};

describe('the types of a fleet', () => {
  it('take what the fleet has, and nothing else: each line above is compiled', () => {
    expect(sentences).toHaveLength(16);
    expect(Object.keys(mistakes)).toHaveLength(30);
  });
});
