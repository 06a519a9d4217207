import { createPrivateKey, randomUUID, sign } from 'node:crypto';

import type { BenchRequest } from '../server-process.js';
import type { Fixtures } from './fixtures.js';

/** Makes the n-th request of a round. */
export type TokenRequests = (n: number) => BenchRequest;

const form = { 'content-type': 'application/x-www-form-urlencoded' } as const;

/** client_credentials with client_secret_basic: the clients in turn. */
export function withSecrets(path: string, fixtures: Fixtures): TokenRequests {
  const body = bodyOf({ ...wanted(fixtures), grant_type: 'client_credentials' });
  const headers = fixtures.clients.map(({ id, secret }) => ({
    ...form,
    authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
  }));
  return (n) => ({ path, method: 'POST', headers: headers[n % headers.length] ?? form, body });
}

/** client_credentials with private_key_jwt: `count` assertions signed beforehand, each used once. */
export function withAssertions(
  path: string,
  fixtures: Fixtures,
  issuer: string,
  count: number,
): TokenRequests {
  const assertions = Array.from({ length: count }, () => signAssertion(fixtures, issuer));
  return (n) => ({
    path,
    method: 'POST',
    headers: form,
    body: bodyOf({
      ...wanted(fixtures),
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertions[n] ?? '',
    }),
  });
}

/** RFC 8693: one subject token, exchanged again and again by the client it was issued to. */
export function withSubjectToken(
  path: string,
  fixtures: Fixtures,
  subjectToken: string,
): TokenRequests {
  const [basic] = [withSecrets(path, fixtures)(0)];
  const body = bodyOf({
    ...wanted(fixtures),
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  });
  return () => ({ ...basic, body });
}

function wanted({ scope, audience }: Fixtures): Record<string, string> {
  return { scope, resource: audience };
}

function bodyOf(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

function signAssertion({ keyClient: { id, key } }: Fixtures, issuer: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: issuer, iat, exp: iat + 240, jti: randomUUID() };
  const header = { alg: 'ES256', kid: key.publicJwk['kid'] };
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), {
    key: createPrivateKey({ key: key.privateJwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}
