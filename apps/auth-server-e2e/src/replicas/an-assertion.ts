import { generateKeyPairSync, randomUUID } from 'node:crypto';

import { exportJWK, SignJWT, type JWK } from 'jose';

/** Signs client assertions of the client `signer`. */
export interface AssertionSigner {
  readonly jwk: JWK;
  readonly sign: (issuer: string) => Promise<string>;
}

/** Makes the key of `signer`. */
export async function assertionSigner(): Promise<AssertionSigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid: 'signer-1' },
    sign: (issuer) =>
      new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256', kid: 'signer-1' })
        .setIssuer('signer')
        .setSubject('signer')
        .setAudience(issuer)
        .setIssuedAt()
        .setExpirationTime('4m')
        .sign(privateKey),
  };
}

/** The parameters that carry an assertion (RFC 7523 section 2.2). */
export function byAssertion(assertion: string): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}
