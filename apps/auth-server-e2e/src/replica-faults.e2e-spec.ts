import { send } from '@countersign/fleet';
import pg from 'pg';

import { administration, type Administration } from './replicas/administration.js';
import { assertionSigner, byAssertion, type AssertionSigner } from './replicas/an-assertion.js';
import { aRegistry, type ARegistry } from './replicas/a-registry.js';
import { askToken } from './replicas/ask-token.js';
import { startBalancer } from './replicas/balancer.js';
import { keepLedger } from './replicas/ledger.js';
import { countStatuses, startLoad } from './replicas/load.js';
import { startReplicas, type Replicas } from './replicas/start-replicas.js';
import { until } from './replicas/until.js';

describe('two replicas under load', () => {
  let registry: ARegistry;
  let signer: AssertionSigner;
  let replicas: Replicas;
  let admin: Administration;

  beforeAll(async () => {
    signer = await assertionSigner();
    registry = aRegistry([signer.jwk]);
    replicas = await startReplicas({ registry: registry.document });
    admin = await administration(replicas.one.url, replicas.issuer, registry.admin);
  }, 90_000);
  afterAll(async () => {
    await replicas.stop();
    expect(replicas.crashes).toEqual([]);
  }, 60_000);

  const ask = (url: string) => askToken(url, registry.web);
  const issuedOf = async (client: string): Promise<number> => {
    const database = new pg.Client({ connectionString: replicas.databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ n: number }>(
      `select count(*)::int as n from audit_events where client = $1 and event = 'token.issued'`,
      [client],
    );
    await database.end();
    return rows[0]?.n ?? 0;
  };

  it.each(['one', 'other'] as const)(
    'lose nothing they acknowledged when %s is killed with -9',
    async (name) => {
      const targets = replicas.both.map(({ url }) => url);
      const { issuer } = replicas;
      const writers = { issuer, admin, signer, web: registry.web };
      const { ledger, stop } = keepLedger(targets, writers);
      const isFilled = (least: number) => () =>
        Object.values(ledger).every((entries) => entries.length >= least);
      await until('the ledger has entries', 20_000, isFilled(8));
      await replicas[name].kill();
      const kept = Object.values(ledger).map((entries) => entries.length);
      await until('the other goes on', 20_000, () =>
        Object.values(ledger).every((entries, n) => entries.length >= (kept[n] ?? 0) + 4),
      );
      await stop();
      await replicas[name].start();

      for (const url of targets) {
        for (const client of ledger.clients) {
          const { status, text } = await askToken(url, client);
          expect([client.id, status, text]).toEqual([client.id, 200, expect.any(String)]);
        }
        for (const token of ledger.revoked) {
          const sent = { method: 'POST', basic: registry.service, form: { token } } as const;
          const { json } = await send(`${url}/oauth2/introspect`, sent);
          expect(json).toEqual({ active: false });
        }
        for (const assertion of ledger.used) {
          const form = byAssertion(assertion);
          const { status } = await send(`${url}/oauth2/token`, { method: 'POST', form });
          expect(status).toBe(401);
        }
      }
    },
    60_000,
  );

  it('cut nothing when one is told to leave: it is not ready first, and answers until then', async () => {
    const made = await admin.addClient(replicas.one.url, 'leaving');
    if (!made) throw new Error('no client');
    const targets = replicas.both.map(({ url }) => url);
    for (const url of targets) {
      await until('it is known', 5_000, async () => (await askToken(url, made)).status === 200);
    }
    const balancer = await startBalancer(targets);
    const load = startLoad({ pick: balancer.pick, ask: (url) => askToken(url, made) });
    await until('both answer', 10_000, () => load.outcomes.length > 200);

    const before = performance.now();
    const leaving = replicas.one.stop();
    await until('it is not ready', 5_000, () => !balancer.isReady(replicas.one.url));
    expect((await send(`${replicas.one.url}/health/live`)).status).toBe(200);
    expect(await leaving).toBe(true);
    await until('the other goes on', 10_000, () => {
      return load.outcomes.filter(({ at }) => at > before).length > 200;
    });
    const outcomes = await load.stop();
    balancer.stop();
    expect(outcomes.filter(({ status }) => status !== 200)).toEqual([]);

    // Two were asked for before the load; who left wrote down all it had issued.
    const expected = outcomes.length + targets.length;
    await until('all is in the audit log', 5_000, async () => {
      return (await issuedOf(made.id)) >= expected;
    });
    await replicas.one.start();
  }, 60_000);

  it('answer plain requests from memory while PostgreSQL is away, then 503, then recover', async () => {
    const targets = replicas.both.map(({ url }) => url);
    let turn = 0;
    const pick = () => targets[turn++ % targets.length] ?? '';
    const load = startLoad({ pick, ask, every: 25 });
    await until('both answer', 10_000, () => load.outcomes.length > 50);

    await replicas.postgres.kill9();
    const away = performance.now();
    const since = (ms: number) => load.outcomes.filter(({ at }) => at > away + ms);
    for (const url of targets) {
      // Nobody can tell whether an assertion was used.
      const form = byAssertion(await signer.sign(replicas.issuer));
      const { status, json } = await send(`${url}/oauth2/token`, { method: 'POST', form });
      expect([status, json['error']]).toEqual([503, 'temporarily_unavailable']);
      const changed = await admin.call(
        url,
        'PUT',
        'clients/never',
        { id: 'never' },
        {
          'if-none-match': '*',
        },
      );
      expect(changed.status).toBe(503);
    }
    await until('their knowledge is too old', 45_000, () => {
      return targets.every((url) => since(0).some((o) => o.url === url && o.status === 503));
    });
    const answered = load.outcomes.filter(({ at }) => at <= away + 28_000);
    expect(Object.keys(countStatuses(answered))).toEqual(['200']);

    await replicas.postgres.restart();
    const back = performance.now();
    await until('both recover', 20_000, () =>
      targets.every((url) =>
        load.outcomes.some((o) => o.url === url && o.status === 200 && o.at > back),
      ),
    );
    const recovered = performance.now();
    await until('all is well again', 10_000, () => since(recovered - away).length > 50);
    const outcomes = await load.stop();
    expect(countStatuses(outcomes.filter(({ at }) => at > recovered))).toEqual({
      200: expect.any(Number),
    });
    // Never a wrong answer: the client is right, and was so all the time.
    expect(Object.keys(countStatuses(outcomes)).sort()).toEqual(['200', '503']);
    for (const url of targets) {
      const form = byAssertion(await signer.sign(replicas.issuer));
      expect((await send(`${url}/oauth2/token`, { method: 'POST', form })).status).toBe(200);
    }
  }, 120_000);
});
