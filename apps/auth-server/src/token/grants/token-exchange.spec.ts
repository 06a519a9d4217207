import fc from 'fast-check';

import { Registry } from '../../registry/registry.js';
import type { SubjectToken } from '../assertions/subject-token.js';
import { parseForm } from '../parse-form.js';
import { lengthOf, type Actor } from './actor.js';
import type { Authorization, GrantContext } from './grant-context.js';
import { exchanged } from './token-exchange.js';

const issuer = 'https://auth.example';
const web = 'https://web.example/';
const herald = 'https://herald.example/';
const census = 'https://census.example/';
const ann = `${census}user/42/`;
const now = 1_000;

const service = (name: string, audience: string, scopes: string[]) => ({ name, audience, scopes });
const registry = Registry.from({
  services: [
    service('web', web, ['pages:read']),
    service('herald', herald, ['notifications:send', 'notifications:read']),
    service('census', census, ['users:read', 'users:write']),
    service('exchange', `${issuer}/exchange`, []),
  ],
  clients: [
    { id: 'web', service: 'web' },
    { id: 'herald', service: 'herald' },
    { id: 'twin', service: 'herald' },
    { id: 'console' },
  ],
  edges: [
    { client: 'herald', source: 'herald', target: 'census', scopes: ['users:read', 'withdrawn'] },
    {
      client: 'herald',
      source: 'herald',
      target: 'web',
      scopes: ['pages:read'],
      expiresAt: new Date(now * 1000),
    },
    { client: 'console', source: 'exchange', target: 'herald', scopes: ['notifications:send'] },
    {
      client: 'console',
      source: 'exchange',
      target: 'census',
      scopes: ['users:read'],
      impersonation: true,
    },
  ],
});

const token: SubjectToken = {
  subject: ann,
  audience: herald,
  issuedTo: 'web',
  scopes: ['notifications:send'],
  worth: undefined,
  actors: { sub: 'web' },
  mayAct: undefined,
  expiresAt: now + 60,
};

interface Asked {
  readonly client?: string;
  readonly token?: Partial<SubjectToken>;
  readonly form?: Record<string, string>;
  readonly showsActor?: boolean;
  readonly longestChain?: number;
}

function exchange(asked: Asked): Authorization {
  const { client = 'herald', form = { audience: census }, longestChain = 4 } = asked;
  const context: Partial<GrantContext> = {
    caller: { client: registry.find(client)!, method: 'client_secret_basic', credential: '' },
    form: parseForm(Buffer.from(new URLSearchParams(form).toString())),
    registry,
    issuer,
    now,
    longestChain,
  };
  const options = { showsActor: asked.showsActor ?? false, code: 'invalid_request' } as const;
  return exchanged(context as GrantContext, { ...token, ...asked.token }, options);
}

const person: Partial<SubjectToken> = {
  audience: `${issuer}/exchange`,
  issuedTo: 'console',
  actors: undefined,
  scopes: [],
  worth: ['notifications:send', 'users:read'],
};
const chain = (...names: string[]): Actor | undefined =>
  names.reduceRight<Actor | undefined>(
    (act, sub) => (act === undefined ? { sub } : { sub, act }),
    undefined,
  );

describe('exchanged', () => {
  it('goes along an edge, with the client as the outermost actor over the chain there is', () => {
    expect(exchange({})).toEqual({
      client: 'herald',
      service: registry.service(census),
      scopes: ['users:read'],
      subject: ann,
      act: { sub: 'herald', act: { sub: 'web' } },
      expiresAt: now + 60,
    });
  });

  it('takes the audience by either name', () => {
    expect(exchange({ form: { resource: census } })).toEqual(exchange({}));
  });

  it('narrows at the same audience, and needs no edge for that', () => {
    const scopes = ['notifications:send', 'notifications:read'];
    const narrow = { audience: herald, scope: 'notifications:read' };
    expect(exchange({ token: { scopes }, form: narrow }).scopes).toEqual(['notifications:read']);
    expect(exchange({ token: { scopes }, form: { audience: herald } }).scopes).toEqual(scopes);
  });

  it('takes the token of a person from the client it was issued to', () => {
    const got = exchange({ client: 'console', token: person, form: { audience: herald } });
    expect(got).toMatchObject({ subject: ann, act: { sub: 'console' } });
  });

  it('impersonates only along an edge that says so, and not once the client shows itself', () => {
    const ask = { client: 'console', token: person };
    expect(exchange({ ...ask, form: { audience: census } }).act).toBeUndefined();
    expect(exchange({ ...ask, showsActor: true }).act).toEqual({ sub: 'console' });
    expect(exchange({ ...ask, form: { audience: herald } }).act).toEqual({ sub: 'console' });
  });

  it('never forgets a chain, whatever the edge says', () => {
    const act = chain('web', 'spa');
    const got = exchange({ client: 'console', token: { ...person, actors: act! } });
    expect(got.act).toEqual({ sub: 'console', act });
  });

  it('does not repeat a client that acts already, and knows it from its namesake elsewhere', () => {
    const form = { audience: herald };
    expect(exchange({ token: { actors: chain('herald', 'web') }, form }).act).toEqual(
      chain('herald', 'web'),
    );
    const namesake = { sub: 'herald', iss: 'https://login.example' };
    expect(exchange({ token: { actors: namesake }, form }).act).toEqual({
      sub: 'herald',
      act: namesake,
    });
  });

  it('keeps a service as the subject where no user is meant', () => {
    const own = { subject: 'web', actors: undefined };
    expect(exchange({ token: own })).toMatchObject({ subject: 'web', act: { sub: 'herald' } });
    const itself = { subject: 'herald', issuedTo: 'herald', actors: undefined };
    expect(exchange({ token: itself })).toMatchObject({ subject: undefined, act: undefined });
  });

  it('lets the one act who is named', () => {
    for (const iss of [undefined, issuer]) {
      expect(exchange({ token: { mayAct: { sub: 'herald', iss } } }).act?.sub).toBe('herald');
    }
  });

  it.each<[string, string, Asked]>([
    ['a token for another service', 'invalid_request', { token: { audience: census } }],
    [
      'a token for nobody we know',
      'invalid_request',
      { token: { audience: 'https://x.example/' } },
    ],
    ['a client that is no service', 'invalid_request', { client: 'console' }],
    [
      'the token of a person that another client got',
      'invalid_request',
      { client: 'console', token: { ...person, issuedTo: 'web' } },
    ],
    [
      'the token of a person that names no client',
      'invalid_request',
      { client: 'console', token: { ...person, issuedTo: undefined } },
    ],
    ['a token with nothing left', 'invalid_request', { token: { expiresAt: now } }],
    ['a token that lives on tolerance', 'invalid_request', { token: { expiresAt: now - 5 } }],
    ['no audience', 'invalid_target', { form: {} }],
    ['an unknown audience', 'invalid_target', { form: { audience: 'https://x.example/' } }],
    ['an unknown resource', 'invalid_target', { form: { resource: 'https://x.example/' } }],
    ['a service by its name', 'invalid_target', { form: { audience: 'census' } }],
    ['two audiences', 'invalid_target', { form: { audience: census, resource: herald } }],
    ['an audience without an edge', 'invalid_target', { client: 'twin' }],
    ['an edge that has expired', 'invalid_target', { form: { audience: web } }],
    [
      'an edge from another audience',
      'invalid_target',
      { client: 'console', token: person, form: { audience: web } },
    ],
    [
      'a scope beyond the edge',
      'invalid_scope',
      { form: { audience: census, scope: 'users:write' } },
    ],
    [
      'a scope the service withdrew',
      'invalid_scope',
      { form: { audience: census, scope: 'withdrawn' } },
    ],
    [
      'a scope beyond the token at its own audience',
      'invalid_scope',
      { form: { audience: herald, scope: 'notifications:read' } },
    ],
    [
      'a token without scopes at its own audience',
      'invalid_scope',
      { token: { scopes: [] }, form: { audience: herald } },
    ],
    [
      'a scope beyond what the issuer is worth',
      'invalid_scope',
      { client: 'console', token: { ...person, worth: [] }, form: { audience: herald } },
    ],
    [
      'another who may act',
      'invalid_request',
      { token: { mayAct: { sub: 'web', iss: undefined } } },
    ],
    [
      'the same name elsewhere who may act',
      'invalid_request',
      { token: { mayAct: { sub: 'herald', iss: 'https://login.example' } } },
    ],
    [
      'to impersonate where somebody is named who may act',
      'invalid_request',
      { client: 'console', token: { ...person, mayAct: { sub: 'console', iss: undefined } } },
    ],
    [
      'a chain that grows too long',
      'invalid_request',
      { token: { actors: chain('a', 'b', 'c', 'd')! } },
    ],
  ])('refuses %s with %s', (_what, code, asked) => {
    expect(() => exchange(asked)).toThrow(expect.objectContaining({ code }));
  });

  it('never widens scopes, lifetime or chain, in whatever order services exchange', () => {
    const every = ['users:read', 'users:write', 'notifications:send', 'notifications:read', 'x'];
    const scopes = fc.uniqueArray(fc.constantFrom(...every));
    const names = fc.constantFrom('herald', 'console', 'twin');
    const audiences = fc.constantFrom(herald, census, `${issuer}/exchange`);
    const asks = fc.oneof(fc.constant<string[]>([]), scopes);
    const tokens = fc.record({
      subject: fc.constantFrom(ann, 'web', 'herald'),
      audience: audiences,
      issuedTo: fc.option(names, { nil: undefined }),
      scopes,
      worth: fc.option(scopes, { nil: undefined }),
      actors: fc.array(names, { maxLength: 4 }).map((all) => chain(...all)),
      mayAct: fc.option(fc.record({ sub: names, iss: fc.constant(undefined) }), {
        nil: undefined,
        freq: 1,
      }),
      expiresAt: fc.integer({ min: now - 10, max: now + 1_000 }),
    });
    let granted = 0;
    fc.assert(
      fc.property(names, tokens, audiences, asks, fc.boolean(), (client, from, to, ask, shows) => {
        const form = { audience: to, ...(ask.length > 0 && { scope: ask.join(' ') }) };
        let got: Authorization;
        try {
          got = exchange({ client, token: from, form, showsActor: shows });
        } catch (error) {
          expect(error).toMatchObject({ name: 'TokenError', status: 400 });
          return;
        }
        granted += 1;
        const edge = registry
          .find(client)!
          .edges.find(({ source, target }) => source === from.audience && target === to);
        const bound = to === from.audience ? from.scopes : edge!.scopes;
        for (const scope of got.scopes) {
          expect(bound).toContain(scope);
          expect(registry.service(to)!.scopes).toContain(scope);
          if (from.worth) expect(from.worth).toContain(scope);
        }
        expect(got.expiresAt).toBe(from.expiresAt);
        expect(from.expiresAt).toBeGreaterThan(now);
        expect(lengthOf(got.act)).toBeLessThanOrEqual(4);
        expect(got.subject ?? client).toBe(from.subject);
        if (from.actors) expect([got.act, got.act?.act]).toContainEqual(from.actors);
      }),
      { numRuns: 3_000 },
    );
    expect(granted).toBeGreaterThan(30);
  });

  it('ends when services exchange in a circle', () => {
    const circle = Registry.from({
      services: [service('a', web, ['s']), service('b', herald, ['s'])],
      clients: [
        { id: 'a', service: 'a' },
        { id: 'b', service: 'b' },
      ],
      edges: [
        { client: 'a', source: 'a', target: 'b', scopes: ['s'] },
        { client: 'b', source: 'b', target: 'a', scopes: ['s'] },
      ],
    });
    let current: SubjectToken = { ...token, audience: web, actors: undefined };
    const hop = (turn: number) => {
      const [client, target] = turn % 2 === 0 ? ['a', herald] : ['b', web];
      const context: Partial<GrantContext> = {
        caller: { client: circle.find(client!)!, method: 'api_key', credential: '' },
        form: parseForm(Buffer.from(new URLSearchParams({ audience: target! }).toString())),
        registry: circle,
        issuer,
        now,
        longestChain: 4,
      };
      const options = { showsActor: false, code: 'invalid_request' } as const;
      const { act } = exchanged(context as GrantContext, current, options);
      current = { ...current, audience: target!, actors: act };
    };
    for (let turn = 0; turn < 4; turn += 1) hop(turn);
    expect(() => hop(4)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
