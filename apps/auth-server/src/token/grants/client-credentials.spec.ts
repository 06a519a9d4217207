import { Registry } from '../../registry/registry.js';
import { parseForm } from '../parse-form.js';
import { clientCredentials } from './client-credentials.js';
import type { GrantContext } from './grant-context.js';

const herald = 'https://herald.example/';
const census = 'https://census.example/';
const users = `${census}user/`;

const registry = Registry.from({
  services: [
    { name: 'herald', audience: herald, scopes: ['notifications:send', 'notifications:read'] },
    { name: 'census', audience: census, scopes: ['users:read'] },
  ],
  clients: [{ id: 'web' }, { id: 'job' }, { id: 'idle' }, { id: 'late' }, { id: 'once' }],
  secrets: [],
  grants: [
    {
      client: 'web',
      service: 'herald',
      scopes: ['notifications:send', 'notifications:read', 'withdrawn'],
      subjects: [users],
    },
    { client: 'web', service: 'census', scopes: ['users:read'], subjects: [] },
    { client: 'job', service: 'census', scopes: ['users:read'], subjects: [] },
    { client: 'late', service: 'census', scopes: ['withdrawn'], subjects: [] },
    { client: 'once', service: 'census', scopes: ['users:read'], subjects: [] },
    {
      client: 'once',
      service: 'herald',
      scopes: ['notifications:send'],
      subjects: [],
      expiresAt: new Date(1_000_000),
    },
  ],
});

const ask = (client: string, parameters: Record<string, string | string[]> = {}) => {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) form.append(name, one);
  }
  const context: Partial<GrantContext> = {
    caller: { client: registry.find(client)!, method: 'client_secret_basic', credential: 'now' },
    form: parseForm(Buffer.from(form.toString())),
    registry,
    now: 1_000,
  };
  return clientCredentials(context as GrantContext);
};

describe('clientCredentials', () => {
  it('gives all that is granted when no scope is named, but nothing the service has not', () => {
    expect(ask('web', { resource: herald })).toEqual({
      client: 'web',
      service: registry.service(herald),
      scopes: ['notifications:send', 'notifications:read'],
      subject: undefined,
      act: undefined,
      expiresAt: undefined,
    });
  });

  it('narrows to the scopes that are named', () => {
    const { scopes } = ask('web', { resource: herald, scope: 'notifications:read' });
    expect(scopes).toEqual(['notifications:read']);
  });

  it('takes the only audience when none is named', () => {
    expect(ask('job').service.audience).toBe(census);
    expect(ask('once').service.audience).toBe(census);
  });

  it('takes an audience by either name, and by both if they agree', () => {
    expect(ask('web', { audience: census }).service.audience).toBe(census);
    expect(ask('web', { audience: census, resource: census }).service.audience).toBe(census);
  });

  it('lets a client speak for a user within its prefixes', () => {
    const { subject, act } = ask('web', { resource: herald, requested_subject: `${users}42/` });
    expect(subject).toBe(`${users}42/`);
    expect(act).toEqual({ sub: 'web' });
  });

  it.each<[string, string, Record<string, string | string[]>, string]>([
    ['no resource where several are granted', 'web', {}, 'invalid_target'],
    ['a client without grants', 'idle', {}, 'invalid_target'],
    ['a client whose every scope was withdrawn', 'late', {}, 'invalid_scope'],
    ['a client without grants that names one', 'idle', { resource: census }, 'invalid_target'],
    ['two resources', 'web', { resource: [herald, census] }, 'invalid_target'],
    ['the same resource twice', 'web', { resource: [herald, herald] }, 'invalid_target'],
    ['two audiences', 'web', { audience: [herald, census] }, 'invalid_target'],
    [
      'an audience and another resource',
      'web',
      { audience: herald, resource: census },
      'invalid_target',
    ],
    ['a resource that is not granted', 'job', { resource: herald }, 'invalid_target'],
    ['an audience that is not granted', 'job', { audience: herald }, 'invalid_target'],
    ['a grant that has expired, at its second', 'once', { resource: herald }, 'invalid_target'],
    ['a service by its name', 'job', { audience: 'census' }, 'invalid_target'],
    ['an unknown resource', 'job', { resource: 'https://evil.example/' }, 'invalid_target'],
    ['a resource below the granted one', 'job', { resource: users }, 'invalid_target'],
    ['a resource without its slash', 'job', { resource: census.slice(0, -1) }, 'invalid_target'],
    ['a resource in capitals', 'job', { resource: census.toUpperCase() }, 'invalid_target'],
    ['a resource with a fragment', 'job', { resource: `${census}#a` }, 'invalid_target'],
    ['an unknown scope', 'job', { scope: 'users:write' }, 'invalid_scope'],
    [
      'an unknown scope beside a granted one',
      'job',
      { scope: 'users:read openid' },
      'invalid_scope',
    ],
    [
      'a scope of another audience',
      'web',
      { resource: census, scope: 'notifications:send' },
      'invalid_scope',
    ],
    [
      'a scope the service withdrew',
      'web',
      { resource: herald, scope: 'withdrawn' },
      'invalid_scope',
    ],
    ['the prefix of a scope', 'job', { scope: 'users:rea' }, 'invalid_scope'],
    ['a scope in capitals', 'job', { scope: 'USERS:READ' }, 'invalid_scope'],
    ['every scope', 'job', { scope: '*' }, 'invalid_scope'],
    ['two spaces between scopes', 'web', { resource: herald, scope: 'a  b' }, 'invalid_scope'],
    ['a refresh token', 'job', { scope: 'offline_access' }, 'invalid_scope'],
    [
      'a user, where it may speak for none',
      'job',
      { requested_subject: `${users}42/` },
      'unauthorized_client',
    ],
    [
      'a user, towards another audience',
      'web',
      { resource: census, requested_subject: `${users}42/` },
      'unauthorized_client',
    ],
    [
      'a user outside its prefixes',
      'web',
      { resource: herald, requested_subject: 'https://evil.example/user/42/' },
      'invalid_request',
    ],
    ['the prefix itself', 'web', { resource: herald, requested_subject: users }, 'invalid_request'],
    [
      'a user by a detour',
      'web',
      { resource: herald, requested_subject: `${users}../admin/` },
      'invalid_request',
    ],
    [
      'a user with a query',
      'web',
      { resource: herald, requested_subject: `${users}42/?a` },
      'invalid_request',
    ],
    [
      'a user that is no URI',
      'web',
      { resource: herald, requested_subject: '42' },
      'invalid_request',
    ],
    [
      'a client as a user',
      'web',
      { resource: herald, requested_subject: 'job' },
      'invalid_request',
    ],
    [
      'a user of 2000 characters',
      'web',
      { resource: herald, requested_subject: users + 'a'.repeat(2000) },
      'invalid_request',
    ],
  ])('refuses %s', (_what, client, parameters, code) => {
    expect(() => ask(client, parameters)).toThrow(expect.objectContaining({ code }));
  });
});
