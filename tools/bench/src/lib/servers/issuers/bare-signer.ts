import { createPrivateKey, randomUUID, sign } from 'node:crypto';

import type { Fixtures } from '../../issuance/fixtures.js';

/** Signs access tokens with node:crypto and nothing else, for `BENCH_ALG`. */
export function bareSigner(fixtures: Fixtures, issuer: string): (client: string) => object {
  const alg = process.env['BENCH_ALG'] === 'RS256' ? 'RS256' : 'ES256';
  const { privateJwk } = fixtures.signing[alg];
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
  const header = encode({ alg, typ: 'at+jwt', kid: privateJwk['kid'] });
  return (client) => {
    const iat = Math.floor(Date.now() / 1000);
    const input = `${header}.${encode({
      iss: issuer,
      sub: client,
      client_id: client,
      aud: fixtures.audience,
      scope: fixtures.scope,
      iat,
      exp: iat + fixtures.lifetime,
      jti: randomUUID(),
    })}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return {
      access_token: `${input}.${signature.toString('base64url')}`,
      token_type: 'Bearer',
      expires_in: fixtures.lifetime,
      scope: fixtures.scope,
    };
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
