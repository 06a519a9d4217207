import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { measureConnections } from '../src/measure-connections.js';
import { measure } from '../src/measure.js';
import type { Mechanism } from '../src/mechanism.js';
import { everyMechanism } from '../src/mechanisms/every-mechanism.js';
import { startOtherProcess, type OtherProcess } from '../src/other-process.js';
import { costTable, judgementTable } from '../src/report.js';

describe('the mechanisms', () => {
  const names = [
    'HS256, a shared secret',
    'RS256, a key of the caller',
    'PS256, a key of the caller',
    'ES256, a key of the caller',
    'EdDSA, a key of the caller',
    'ES256, bound to the request, once',
    'Access token, bearer',
    'Access token, encrypted (JWE)',
    'Access token, bound to a key (DPoP)',
    'Access token, bound to a certificate (mTLS)',
    'Opaque token, introspected',
  ];
  let other: OtherProcess;
  let mechanisms: readonly Mechanism[];
  const named = (name: string): Mechanism =>
    mechanisms.find((mechanism) => mechanism.name === name) as Mechanism;

  beforeAll(async () => {
    other = await startOtherProcess();
    mechanisms = await everyMechanism(other);
  });
  afterAll(() => other?.stop());

  it('are all there', () => {
    expect(mechanisms.map(({ name }) => name)).toEqual(names);
  });

  it.each(names)('%s: lets a good call in, and another one of the same caller', async (name) => {
    const { caller, receive } = named(name);
    const herald = await caller();
    await expect(receive(await herald.call())).resolves.toBeUndefined();
    await expect(receive(await herald.call())).resolves.toBeUndefined();
  });

  it.each(names)('%s: refuses its forged sibling', async (name) => {
    const { forge, receive, refusal } = named(name);
    await expect(receive(await forge())).rejects.toMatchObject({ code: refusal });
  });

  it.each([
    ['ES256, bound to the request, once', 'TOKEN_REPLAYED'],
    ['Access token, bound to a key (DPoP)', 'PROOF_REPLAYED'],
  ])('%s: refuses the same call twice', async (name, code) => {
    const { caller, receive } = named(name);
    const call = await (await caller()).call();
    await receive(call);
    await expect(receive(call)).rejects.toMatchObject({ code });
  });

  it.each([
    ['Access token, bound to a key (DPoP)', 'PROOF_MISSING'],
    ['Access token, bound to a certificate (mTLS)', 'PROOF_MISSING'],
  ])('%s: refuses the token alone', async (name, code) => {
    const { caller, receive } = named(name);
    const { headers } = await (await caller()).call();
    const [authorization = ''] = headers['authorization'] ?? [];
    const alone = { headers: { authorization: [authorization.replace('DPoP', 'Bearer')] } };
    await expect(receive(alone)).rejects.toMatchObject({ code });
  });

  it('are compared in one table', async () => {
    const effort = { rounds: 1, calls: 2 };
    const told: string[] = [];
    const tell = (progress: string): void => void told.push(progress);
    const costs = await measure(mechanisms, effort, tell);
    const connections = await measureConnections(other, effort, tell);
    const rows = costTable(costs, connections).split('\n').slice(2);
    expect(rows).toHaveLength(names.length + 2);
    for (const [mechanism, { caller, first, bytes }] of costs) {
      expect([mechanism.name, Number.isFinite(caller), Number.isFinite(first)]).toEqual([
        mechanism.name,
        true,
        true,
      ]);
      expect(bytes).toBeGreaterThan(50);
    }
    for (const { receiver } of connections) expect(receiver).toBeGreaterThan(0);
    expect(told).toHaveLength(2 * names.length + 4);
  });

  it('stand in the guide as they are', () => {
    const guide = readFileSync(join(__dirname, '../../../docs/guides/mechanisms.md'), 'utf8');
    const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-');
    expect(squeeze(guide)).toContain(squeeze(judgementTable(mechanisms)));
    for (const name of names) expect(guide.split(`| ${name} `)).toHaveLength(3);
  });
});
