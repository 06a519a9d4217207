// The limit of private_key_jwt on PostgreSQL: an endpoint that parses a form, verifies the assertion,
// inserts its id and signs.
import { createPublicKey, verify } from 'node:crypto';

import pg from 'pg';

import { readFixtures } from '../../issuance/fixtures.js';
import { announce, answerForms } from './answer-forms.js';
import { bareSigner } from './bare-signer.js';

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly jti: string;
}

const fixtures = await readFixtures();
const { keyClient, audience, scope } = fixtures;
const issuer = 'http://127.0.0.1';
const issue = bareSigner(fixtures, issuer);
const key = createPublicKey({ key: keyClient.key.publicJwk, format: 'jwk' });
const pool = new pg.Pool({ connectionString: process.env['BENCH_DATABASE'], max: 10 });
await pool.query('create table used (jti text primary key, expires_at bigint not null)');

announce(
  answerForms(async (_headers, body) => {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== 'client_credentials') throw new Error('grant type');
    if (form.get('resource') !== audience) throw new Error('resource');
    if (form.get('scope') !== scope) throw new Error('scope');
    const claims = verifyAssertion(form.get('client_assertion') ?? '');
    if (claims.iss !== keyClient.id || claims.sub !== keyClient.id) throw new Error('client');
    if (claims.aud !== issuer || claims.exp < Date.now() / 1000) throw new Error('assertion');
    const { rowCount } = await pool.query(
      'insert into used values ($1, $2) on conflict do nothing',
      [claims.jti, claims.exp],
    );
    if (rowCount !== 1) throw new Error('used');
    return issue(claims.sub);
  }),
);

function verifyAssertion(assertion: string): Claims {
  const [header = '', payload = '', signature = ''] = assertion.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string };
  if (alg !== 'ES256') throw new Error('alg');
  const isGenuine = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isGenuine) throw new Error('signature');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
}
