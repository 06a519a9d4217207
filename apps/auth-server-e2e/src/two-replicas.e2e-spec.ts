import { send } from '@countersign/fleet';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import pg from 'pg';

import { administration, type Administration } from './replicas/administration.js';
import { assertionSigner, byAssertion, type AssertionSigner } from './replicas/an-assertion.js';
import { aRegistry, type ARegistry } from './replicas/a-registry.js';
import { askToken, type Credentials } from './replicas/ask-token.js';
import { startReplicas, type Replicas } from './replicas/start-replicas.js';
import { until } from './replicas/until.js';

/** Milliseconds within which replicas have to agree. */
const agreed = 5_000;

describe('two replicas on one PostgreSQL', () => {
  let registry: ARegistry;
  let signer: AssertionSigner;
  let replicas: Replicas;
  let admin: Administration;
  let one: string;
  let other: string;

  beforeAll(async () => {
    signer = await assertionSigner();
    registry = aRegistry([signer.jwk]);
    replicas = await startReplicas({ registry: registry.document });
    [one, other] = [replicas.one.url, replicas.other.url];
    admin = await administration(one, replicas.issuer, registry.admin);
  }, 90_000);
  afterAll(async () => {
    await replicas.stop();
    expect(replicas.crashes).toEqual([]);
  }, 60_000);

  const token = async (url: string, client: Credentials = registry.web): Promise<string> => {
    const answer = await askToken(url, client);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    return String(answer.json['access_token']);
  };
  const statusAt = async (url: string, client: Credentials, parameters = {}) => {
    const { status, json } = await askToken(url, client, parameters);
    return status === 200 ? 'granted' : String(json['error']);
  };
  const isActive = async (url: string, accessToken: string): Promise<boolean> => {
    const answer = await send(`${url}/oauth2/introspect`, {
      method: 'POST',
      basic: registry.service,
      form: { token: accessToken },
    });
    expect(answer.status).toBe(200);
    return answer.json['active'] === true;
  };
  const kidsAt = async (url: string): Promise<string[]> => {
    const { json } = await send(`${url}/.well-known/jwks.json`);
    return (json['keys'] as { kid: string }[]).map(({ kid }) => kid).sort();
  };

  it('migrated an empty database together, and speak for one issuer', async () => {
    for (const { url } of replicas.both) {
      const { json } = await send(`${url}/.well-known/oauth-authorization-server`);
      expect(json['issuer']).toBe(replicas.issuer);
    }
    expect(await kidsAt(one)).toEqual(await kidsAt(other));
    const keys = createRemoteJWKSet(new URL(`${one}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(await token(other), keys, { issuer: replicas.issuer });
    expect(payload['client_id']).toBe('web');
  });

  it('agree on a client that was made at one, and on what is taken from it', async () => {
    const made = await admin.addClient(one, 'made-at-one');
    expect(made).toBeDefined();
    const client = made as Credentials;
    await until('the other knows it', agreed, async () => {
      return (await statusAt(other, client)) === 'granted';
    });

    const granted = await admin.call(other, 'GET', 'clients/made-at-one/grants/things');
    const fewer = { service: 'things', scopes: ['read'] };
    const changed = await admin.call(other, 'PUT', 'clients/made-at-one/grants/things', fewer, {
      'if-match': granted.headers['etag'] ?? '',
    });
    expect([changed.status, changed.text]).toEqual([200, expect.any(String)]);
    await until('one grants less', agreed, async () => {
      return (await statusAt(one, client, { scope: 'write' })) === 'invalid_scope';
    });

    const { headers } = await admin.call(one, 'GET', 'clients/made-at-one');
    const gone = await admin.call(one, 'DELETE', 'clients/made-at-one', undefined, {
      'if-match': headers['etag'] ?? '',
    });
    expect(gone.status).toBe(204);
    for (const url of [one, other]) {
      await until('nobody knows it', agreed, async () => {
        return (await statusAt(url, client)) === 'invalid_client';
      });
    }
  }, 30_000);

  it('let an assertion be used once, wherever it is sent', async () => {
    const assertions = await Promise.all(
      Array.from({ length: 20 }, () => signer.sign(replicas.issuer)),
    );
    for (const assertion of assertions) {
      const form = byAssertion(assertion);
      const answers = await Promise.all(
        [one, other, one, other].map((url) =>
          send(`${url}/oauth2/token`, { method: 'POST', form }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    }
  }, 30_000);

  it('agree on what is revoked', async () => {
    const [mine, kept] = [await token(one), await token(one)];
    const revoked = await send(`${one}/oauth2/revoke`, {
      method: 'POST',
      basic: registry.web,
      form: { token: mine },
    });
    expect(revoked.status).toBe(200);
    await until('the other refuses it', agreed, async () => !(await isActive(other, mine)));
    expect([await isActive(one, mine), await isActive(other, kept)]).toEqual([false, true]);

    const all = await admin.call(other, 'POST', 'revocations', { kind: 'client', client: 'web' });
    expect(all.status).toBe(201);
    await until('one refuses all of the client', agreed, async () => !(await isActive(one, kept)));
  }, 30_000);

  it('agree on keys when one is compromised', async () => {
    const before = await token(other);
    const { kid } = decodeProtectedHeader(before) as { kid: string };
    const dropped = await admin.call(one, 'POST', 'keys/emergency', { kid });
    expect([dropped.status, dropped.text]).toEqual([200, expect.any(String)]);
    // The administrator's own token was signed by it, too.
    admin = await administration(one, replicas.issuer, registry.admin);
    for (const url of [one, other]) {
      await until('it is gone from the key set', agreed, async () => {
        return !(await kidsAt(url)).includes(kid);
      });
      await until('another one signs', agreed, async () => {
        return decodeProtectedHeader(await token(url)).kid !== kid;
      });
      await until('its tokens are refused', agreed, async () => !(await isActive(url, before)));
    }
    expect(await kidsAt(one)).toEqual(await kidsAt(other));
    const keys = createRemoteJWKSet(new URL(`${other}/.well-known/jwks.json`));
    await expect(jwtVerify(await token(one), keys)).resolves.toBeDefined();
  }, 30_000);

  it('write into one audit log', async () => {
    for (const { url } of replicas.both) await token(url);
    const events = async (url: string) => {
      const { json } = await admin.call(url, 'GET', 'audit?event=token.issued&client=web');
      return (json['items'] as { jti: string }[]).map(({ jti }) => jti);
    };
    await until('both tell the same', agreed, async () => {
      const [here, there] = [await events(one), await events(other)];
      return here.length > 2 && JSON.stringify(here) === JSON.stringify(there);
    });
  }, 30_000);

  it('refuse to join a database of a newer version', async () => {
    const client = new pg.Client({ connectionString: replicas.databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'migrations'`,
    );
    const table = rows[0]?.name ?? '';
    const values = `(hash, created_at) values ('from the future', 99999999999999)`;
    await client.query(`insert into migrations.${table} ${values}`);
    try {
      const third = await replicas.another();
      await expect(third.start()).rejects.toThrow('newer version');
      expect(await statusAt(one, registry.web)).toBe('granted');
    } finally {
      await client.query(`delete from migrations.${table} where hash = 'from the future'`);
      await client.end();
    }
  }, 60_000);
});
