/** Two libraries that know nothing of each other, holding a token to the same demands. */
import { compactDecrypt, createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';

import { decide } from '../../src/lib/authorize/decide.js';
import { decryptionKeys } from '../../src/lib/encryption/decryption-keys.js';
import { AccessError } from '../../src/lib/errors.js';
import { staticKeys } from '../../src/lib/keys/static-keys.js';
import type { Algorithm } from '../../src/lib/types.js';
import { toPrincipal } from '../../src/lib/verify/to-principal.js';
import { verifyToken } from '../../src/lib/verify/verify-token.js';
import { anAuthorizationServer, auth, census, clockAt, now } from '../builders.js';
import { jwks, pairs, recipient } from './signed-text.js';

/** The claims set that was believed, or why none was. */
export type Judgement =
  | { readonly claims: object; readonly refusal?: never }
  | { readonly claims?: never; readonly refusal: string };

const algorithms: readonly Algorithm[] = pairs.map(({ alg }) => alg);
const clockTolerance = 10;
const maxLifetime = 3600;

const issuer = anAuthorizationServer({
  algorithms,
  maxLifetime,
  keys: staticKeys(jwks, algorithms),
});
const policy = {
  trust: { find: (iss: string) => (iss === issuer.issuer ? issuer : undefined) },
  clock: clockAt(),
  clockTolerance,
  maxTokenBytes: 8192,
  decryption: decryptionKeys([recipient.privateJwk]),
};

/** What this library says of a token; `refusal` is its code and the check. */
export async function ours(token: string): Promise<Judgement> {
  try {
    const principal = toPrincipal(await verifyToken({ token, carrier: 'Bearer' }, policy));
    const rule = { access: 'protected', audience: 'census', require: [] } as const;
    const decision = decide(rule, { principal, audiences: { census } });
    return decision.outcome === 'refused'
      ? { refusal: `${decision.code} ${decision.check}` }
      : { claims: principal.claims };
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return { refusal: reasonOf(error) };
  }
}

/** The code, the check, and of a broken text what broke it, without the names in it. */
function reasonOf({ code, detail: { check, got } }: AccessError): string {
  const isText = check === 'header' || check === 'claims';
  const fault = isText && typeof got === 'string' ? `: ${got.replace(/".*/s, '').trim()}` : '';
  return `${code} ${check}${fault}`;
}

const keys = createLocalJWKSet({ keys: jwks } as JSONWebKeySet);

/** What jose says, told to be as strict as it can be; `refusal` is its code. */
export async function joses(token: string): Promise<Judgement> {
  try {
    const { payload } = await jwtVerify(await opened(token), keys, {
      algorithms: [...algorithms],
      issuer: auth,
      audience: census,
      typ: 'at+jwt',
      requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp'],
      maxTokenAge: maxLifetime,
      clockTolerance,
      currentDate: new Date(now * 1000),
    });
    return { claims: payload };
  } catch (error) {
    return { refusal: (error as { code?: string }).code ?? String(error) };
  }
}

async function opened(token: string): Promise<string> {
  if (token.split('.').length !== 5) return token;
  const { plaintext, protectedHeader } = await compactDecrypt(token, recipient.privateKey, {
    keyManagementAlgorithms: ['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'],
    contentEncryptionAlgorithms: ['A256GCM', 'A128GCM', 'A256CBC-HS512'],
  });
  if (!/^(application\/)?jwt$/i.test(String(protectedHeader.cty))) throw new Error('cty');
  return new TextDecoder().decode(plaintext);
}
