import { randomBytes } from 'node:crypto';

import type { INestApplication } from '@nestjs/common';
import { servicePeer, sharedSecret } from '@countersign/token';

import { CountersignTest, trustTestIssuers } from '../src/index.js';
import { create, start } from './start.js';
import {
  HealthController,
  NestedModule,
  options,
  ran,
  UsersModule,
  usersModule,
} from './users.module.js';

describe('CountersignTest', () => {
  let app: INestApplication;
  let t: CountersignTest;

  beforeAll(async () => {
    ({ app, t } = await start(NestedModule));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    ran.length = 0;
  });

  const bob = { subject: '/user/42/', scopes: ['users:read'] };

  it('calls as a service that signs its own tokens', async () => {
    const { body } = await t.as('herald', bob).get('/user/42').expect(200);
    expect(body).toEqual({ id: '42' });
    await t.as('herald', bob).get('/user/43').expect(403, 'POLICY_REFUSED');
    expect(ran).toEqual(['one']);
  });

  it('calls as a client of the authorization server, by its name or its id', async () => {
    const any = { scopes: ['users:read:any'] };
    await t.as('reporting', any).get('/user/42').expect(200);
    await t.as('some-client', any).get('/user/42').expect(200);
    await t
      .as('herald', { ...any, via: 'auth-server' })
      .get('/user/42')
      .expect(200);
    await t
      .as('reporting', { scopes: ['users:write'] })
      .delete('/user/42')
      .expect(200);
    const write = { scopes: ['users:write'] };
    await t.as('some-client', write).delete('/user/42').expect(403, 'CALLER_FORBIDDEN');
  });

  it('signs the requests of services that sign their own tokens', async () => {
    const writer = t.as('herald', { subject: '/user/42/', scopes: ['users:write'] });
    const { body } = await writer.put('/user/42', { body: { name: 'Bob' } }).expect(200);
    expect(body).toEqual({ id: '42', body: { name: 'Bob' } });
  });

  it('binds tokens to their sender where told to', async () => {
    const write = { scopes: ['users:write'] };
    await t.as('reporting', write).post('/user').expect(401, 'SENDER_UNCONSTRAINED');
    await t
      .as('reporting', { ...write, senderConstrained: true })
      .post('/user')
      .expect(201);
  });

  it.each([
    ['audience', 401, 'AUDIENCE_MISMATCH'],
    ['issuer', 401, 'ISSUER_UNTRUSTED'],
    ['signature', 401, 'SIGNATURE_INVALID'],
    ['type', 401, 'TYPE_MISMATCH'],
    ['expired', 401, 'TOKEN_EXPIRED'],
    ['not-yet-valid', 401, 'TOKEN_NOT_YET_VALID'],
    ['lifetime', 401, 'LIFETIME_TOO_LONG'],
  ] as const)('spoils the %s of a token', async (tampering, status, code) => {
    await t.tampered(tampering).get('/user/any/caller').expect(status, code);
    await t
      .as('herald', { ...bob, tampered: tampering })
      .get('/user/42')
      .expect(status, code);
    expect(ran).toEqual([]);
  });

  it('sends nothing as nobody', async () => {
    await t.anonymous().get('/user/42').expect(401, 'TOKEN_MISSING');
    await t.anonymous().get('/health').expect(200);
  });

  it('lets time pass for application and tokens alike', async () => {
    const before = t.clock.now();
    t.clock.advance('2m');
    expect(t.clock.now()).toBe(before + 120);
    await t.as('herald', bob).get('/user/42').expect(200);
  });

  it('says what came instead, without what was sent', async () => {
    const wrong = t.as('herald', bob).get('/user/43').expect(200);
    await expect(wrong).rejects.toThrow(
      /^GET \/user\/43: expected 200, got 403 POLICY_REFUSED, decision \S+$/,
    );
    const code = t.as('herald', bob).get('/user/43').expect(403, 'SCOPE_MISSING');
    await expect(code).rejects.toThrow('expected 403 SCOPE_MISSING, got 403 POLICY_REFUSED');
  });

  it('stops no request that it did not announce', async () => {
    const headers = { 'x-access-rehearsal': '0b5a8c2e-6f0e-4d61-9a53-6d2f6c8e1f00' };
    await t.as('herald', bob).get('/user/42', { headers }).expect(200);
    expect(ran).toEqual(['one']);
  });

  it('attacks as the client that is named, where a rule names none', () => {
    const as = (client?: string) => t.attacks({ ...(client && { client }) }).map(({ by }) => by);
    expect(as('client-9').filter((by) => by.startsWith('client-9 '))).not.toEqual([]);
    expect(as('client-9').filter((by) => by.startsWith('test-client '))).toEqual([]);
    expect(as().filter((by) => by.startsWith('test-client '))).not.toEqual([]);
  });

  it('asks for what it cannot know', () => {
    expect(() => t.as('herald', { audience: 'ledger' })).toThrow('audience must be one of census');
    expect(() => t.as('x', { via: 'nobody' })).toThrow('auth-server or herald');
  });

  it('draws the map of who may call what', () => {
    expect(t.accessMap()).toMatchInlineSnapshot(`
     {
       "DELETE /user/:id": "census: (called by reporting or herald) and users:write; good for one use",
       "GET /health": "everybody: liveness probe",
       "GET /user": "census: users:read or users:read:any",
       "GET /user/:id": "census: (users:read and a user and SameUser({"param":"id"})) or (users:read:any and no user)",
       "GET /user/any/body": "census: any trusted caller, or nobody",
       "GET /user/any/caller": "census: any trusted caller",
       "POST /user": "census: users:write; bound to its sender",
       "PUT /user/:id": "census: a user and called by herald and users:write; signed for this request; good for one use",
     }
    `);
  });
});

describe('trustTestIssuers()', () => {
  it('leaves the module of the application as it was, with the issuers it trusts', async () => {
    const { app: tested } = await start(UsersModule);
    await tested.close();
    const app = await create(UsersModule);
    await expect(CountersignTest.for(app)).rejects.toThrow('start it from trustTestIssuers()');
    await app.close();
  });

  it('believes nobody but the issuers of its own test', async () => {
    const [one, other] = [await start(UsersModule), await start(UsersModule)];
    const seen: string[] = [];
    const { getHttpServer } = one.app;
    (getHttpServer.call(one.app) as NodeJS.EventEmitter).on('request', (request) =>
      seen.push(String(request.headers.jwt)),
    );
    await one.t.as('herald').get('/user/any/caller').expect(200);
    const stolen = { headers: { jwt: seen[0] as string } };
    await other.t.anonymous().get('/user/any/caller', stolen).expect(401, 'SIGNATURE_INVALID');
    await Promise.all([one.app.close(), other.app.close()]);
  });

  it('refuses in production', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => trustTestIssuers(UsersModule)).toThrow('NODE_ENV is production');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('refuses a module that is not guarded', () => {
    expect(() =>
      trustTestIssuers({ module: class Bare {}, controllers: [HealthController] }),
    ).toThrow('no CountersignModule.forRoot()');
  });

  it('makes shared secrets of its own, too', async () => {
    const secret = randomBytes(32);
    const carrier = 'Token';
    const ledger = sharedSecret('ledger', { issuer: 'https://ledger.example/', secret, carrier });
    const { app, t } = await start(usersModule({ trust: [ledger] }));
    await t.as('ledger').get('/user/any/caller').expect(200);
    await app.close();
  });

  it('speaks for users below the whole audience, its path included', async () => {
    const audience = 'https://census.example/api/';
    const issuer = 'https://herald.example/';
    const herald = servicePeer('herald', {
      issuer,
      jwks: `${issuer}jwks`,
      subjects: [`${audience}user/`],
    });
    const { app, t } = await start(
      usersModule({ trust: [herald], audiences: { census: audience } }),
    );
    await t.as('herald', { subject: '/user/42/' }).get('/user/any/caller').expect(200);
    await t
      .as('herald', { subject: `${audience}team/42/` })
      .get('/user/any/caller')
      .expect(403, 'SUBJECT_FORBIDDEN');
    await app.close();
  });

  it('trusts in place of sources whom the test names', async () => {
    const [, herald] = options.trust as readonly never[];
    const source = {
      location: 'file',
      every: 60,
      maxAge: 60,
      isRequired: true,
      load: () => Promise.reject(new Error('read')),
    };
    const module = trustTestIssuers(usersModule({ trust: [source] }), { trust: [herald as never] });
    const app = await create(module);
    const t = await CountersignTest.for(app);
    await t.as('herald').get('/user/any/caller').expect(200);
    await app.close();
  });
});
