import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import 'reflect-metadata';
import { ExpressAdapter } from '@nestjs/platform-express';
import { aToken, createTestIssuer, sendRequest, type TokenBuilder } from '@countersign/testing';
import { accessErrors, type AccessErrorCode } from '@countersign/token';

import { run, type Running } from '../adapters.js';
import { after, before, between } from './migrate-from-passport-jwt.js';

const guide = readFileSync(
  join(import.meta.dirname, '../../../../docs/guides/migrate-from-passport-jwt.md'),
  'utf8',
);
const withoutSpace = (text: string) => text.replace(/\s+/g, '');

const people = 'https://people.example/';
const issuer = createTestIssuer({ algorithm: 'RS256', trust: { subjects: [people] } });
const other = createTestIssuer({ algorithm: 'RS256', issuer: 'https://other.example' });
const publicKey = createPublicKey({ key: issuer.key.jwk, format: 'jwk' })
  .export({ type: 'spki', format: 'pem' })
  .toString();

const good = (): TokenBuilder =>
  aToken()
    .from(issuer)
    .to('https://orders.example/')
    .caller('web')
    .onBehalfOf(`${people}42/`)
    .scopes('orders:read');

/** What the guide says that the old strategy lets in: in its words, with what refuses it now. */
const letIn: readonly (readonly [words: string, code: AccessErrorCode, token: TokenBuilder])[] = [
  ['a token for another service', 'AUDIENCE_MISMATCH', good().to('https://billing.example/')],
  ['a token without an audience', 'CLAIM_INVALID', good().withoutClaim('aud')],
  [
    'a token of another issuer that signs with this key',
    'ISSUER_UNTRUSTED',
    good().claim('iss', other.issuer),
  ],
  ['a token that never expires', 'CLAIM_INVALID', good().withoutClaim('exp')],
  ['a token that lives for ten years', 'LIFETIME_TOO_LONG', good().lifetime('87600h')],
  ['an ID token, or any other kind of JWT', 'TYPE_MISMATCH', good().header('typ', 'JWT')],
  [
    'a header that has to be understood (`crit`), and is not',
    'TOKEN_MALFORMED',
    good().header('crit', ['exp']).header('exp', 1),
  ],
  [
    'a user of somebody else',
    'SUBJECT_FORBIDDEN',
    good().onBehalfOf('https://elsewhere.example/42/'),
  ],
  ['a token without the scope', 'SCOPE_MISSING', good().withoutClaim('scope')],
];

describe('the guide from passport-jwt', () => {
  const started: Running[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'countersign-migrate-'));
  const start = async (module: Parameters<typeof run>[0]) => {
    const running = await run(module, new ExpressAdapter());
    started.push(running);
    return running;
  };
  afterEach(() => Promise.all(started.splice(0).map(({ app }) => app.close())));
  afterAll(() => rmSync(folder, { recursive: true }));

  const get = async ({ url }: Running, path: string, token?: TokenBuilder) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token.sign()}` };
    const { status, body } = await sendRequest(url, 'GET', path, { headers });
    return [status, body['code']];
  };

  it('shows only what is compiled and run here', () => {
    const own = readFileSync(join(import.meta.dirname, 'migrate-from-passport-jwt.ts'), 'utf8');
    const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block as string);
    expect(blocks.length).toBeGreaterThan(4);
    for (const block of blocks) expect(withoutSpace(own)).toContain(withoutSpace(block));
  });

  it.each(letIn)(
    'tells of %s, let in before and refused with %s now',
    async (words, code, token) => {
      expect(guide).toMatch(
        new RegExp(`\\| ${words.replace(/[()`]/g, '\\$&')} +\\| \`${code}\` +\\|`),
      );
      const [old, moved] = [
        await start(before(publicKey)),
        await start(after(issuer.trustEntry())),
      ];
      expect((await get(old, '/orders', token))[0]).toBe(200);
      expect(await get(moved, '/orders', token)).toEqual([accessErrors[code].status, code]);
      expect((await get(moved, '/orders', good()))[0]).toBe(200);
    },
  );

  it('tells of a route that nobody guarded', async () => {
    const post = async ({ url }: Running) =>
      (await sendRequest(url, 'POST', '/orders/import')).status;
    expect(await post(await start(before(publicKey)))).toBe(201);
    expect(await post(await start(after(issuer.trustEntry())))).toBe(401);
  });

  it('moves route by route', async () => {
    const file = join(folder, 'undeclared.json');
    const [, baseline] = /```json\n(\[.*?\])\n```/s.exec(guide) ?? [];
    writeFileSync(file, baseline ?? '');
    const running = await start(between(publicKey, issuer.trustEntry(), pathToFileURL(file)));
    expect((await get(running, '/orders'))[0]).toBe(401);
    expect((await get(running, '/orders', good().to('https://billing.example/')))[0]).toBe(200);
    expect(await get(running, '/invoices', good())).toEqual([403, 'SCOPE_MISSING']);
    expect((await get(running, '/invoices', good().scopes('invoices:read')))[0]).toBe(200);
  });

  it('shows users their own', async () => {
    const moved = await start(after(issuer.trustEntry()));
    expect((await get(moved, '/orders/of/42', good()))[0]).toBe(200);
    expect(await get(moved, '/orders/of/43', good())).toEqual([403, 'POLICY_REFUSED']);
  });
});
