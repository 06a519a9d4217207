/** Mechanisms in which an authorization server issues tokens (RFC 9068), which are used again. */
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';

import { createTestCertificate } from '@countersign/testing';
import {
  authorizationServer,
  certificateThumbprint,
  createSigner,
  dpopProofs,
  encryptJwt,
  generateSigningKey,
  signJwt,
  type DpopProofs,
  type JsonObject,
  type Signer,
  type TrustEntry,
} from '@countersign/token';

import { parts, type Mechanism } from '../mechanism.js';
import { createReceiver } from '../receiver.js';
import { bearer } from './self-signed.js';

const { authServer, census, method, url, scope } = parts;
const lifetime = 300;

/** The server as far as it matters here: it signs. */
interface Issuer {
  readonly trust: TrustEntry;
  issue(claims?: JsonObject): Promise<string>;
  /** What somebody else signs in its name. */
  forge(claims?: JsonObject): Promise<string>;
}

const serverForger = 'the authorization server, and whoever has its key: in every name';
const revoked = '`revoke`, within seconds; a new key';

/** A token that is good for who holds it. */
export async function accessToken(): Promise<Mechanism> {
  const { trust, issue, forge } = await createIssuer();
  return {
    name: 'Access token, bearer',
    issuer: 'here',
    caller: async () => {
      const token = await issue();
      return { call: () => bearer(token) };
    },
    receive: createReceiver({ trust }),
    forge: async () => bearer(await forge()),
    refusal: 'SIGNATURE_INVALID',
    forger: serverForger,
    stolen: 'this receiver, until `exp` (five minutes)',
    ended: revoked,
    choose: 'most calls: rights in one place, for users too, and nearly free on the receiver',
  };
}

/** A token that is encrypted to its receiver (RFC 7516). */
export async function encryptedToken(): Promise<Mechanism> {
  const { trust, issue, forge } = await createIssuer();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const recipient = { ...publicKey.export({ format: 'jwk' }), kid: 'census', use: 'enc' };
  const decryption = [{ ...privateKey.export({ format: 'jwk' }), kid: 'census', use: 'enc' }];
  return {
    name: 'Access token, encrypted (JWE)',
    issuer: 'here',
    caller: async () => {
      const token = await encryptJwt(await issue(), recipient);
      return { call: () => bearer(token) };
    },
    receive: createReceiver({ trust, decryption }),
    // Everybody can encrypt to a public key; what is inside still has to be signed.
    forge: async () => bearer(await encryptJwt(await forge(), recipient)),
    refusal: 'SIGNATURE_INVALID',
    forger: serverForger,
    stolen: 'this receiver, until `exp`; nobody on the way can read it',
    ended: revoked,
    choose: 'claims that callers, proxies and logs must not read',
  };
}

/** A token bound to a key, with a proof for each call (RFC 9449). */
export async function dpopToken(): Promise<Mechanism> {
  const { trust, issue } = await createIssuer();
  const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
  const thief = dpopProofs({ key: await generateSigningKey('ES256') });
  const newToken = () => issue({ cnf: { jkt: proofs.jkt } });
  const callWith = (by: DpopProofs, token: string) => async () => ({
    headers: {
      authorization: [`DPoP ${token}`],
      dpop: [await by.proof({ method, url, accessToken: token })],
    },
  });
  return {
    name: 'Access token, bound to a key (DPoP)',
    issuer: 'here',
    caller: async () => ({ call: callWith(proofs, await newToken()) }),
    receive: createReceiver({ trust, rule: { senderConstrained: true } }),
    forge: async () => callWith(thief, await newToken())(),
    refusal: 'SENDER_MISMATCH',
    forger: serverForger,
    stolen: 'nothing without the key; a proof is for one request, once',
    ended: revoked,
    choose: 'tokens that pass through hands one does not trust; proxies that end TLS',
  };
}

/** A token bound to the certificate of the TLS connection (RFC 8705). */
export async function certificateToken(): Promise<Mechanism> {
  const { trust, issue } = await createIssuer();
  const certificate = newCertificate();
  const cnf = { 'x5t#S256': certificateThumbprint(certificate) };
  return {
    name: 'Access token, bound to a certificate (mTLS)',
    issuer: 'here',
    caller: async () => {
      const call = { ...bearer(await issue({ cnf })), certificate };
      return { call: () => call };
    },
    receive: createReceiver({ trust, rule: { senderConstrained: true } }),
    forge: async () => ({ ...bearer(await issue({ cnf })), certificate: newCertificate() }),
    refusal: 'SENDER_MISMATCH',
    forger: serverForger,
    stolen: 'nothing without the key of the certificate',
    ended: `${revoked}; the certificate`,
    choose: 'every service has a certificate anyway, and TLS ends at the receiver itself',
  };
}

function newCertificate(): Uint8Array {
  return new X509Certificate(createTestCertificate('herald').cert).raw;
}

async function createIssuer(): Promise<Issuer> {
  const [{ privateJwk, publicJwk }, other] = await Promise.all([
    generateSigningKey('ES256'),
    generateSigningKey('ES256'),
  ]);
  const { kid } = privateJwk;
  const key = { algorithm: 'ES256', kid } as const;
  const own = createSigner({ ...key, privateKey: privateJwk });
  const foreign = createSigner({ ...key, privateKey: { ...other.privateJwk, kid } });
  const issueWith =
    (signer: Signer) =>
    (claims: JsonObject = {}) =>
      signJwt(signer, 'at+jwt', { ...claimsNow(), ...claims });
  const trust = authorizationServer(authServer, {
    jwks: [publicJwk],
    callers: { herald: 'herald' },
  });
  return { trust, issue: issueWith(own), forge: issueWith(foreign) };
}

function claimsNow(): JsonObject {
  const iat = Math.floor(Date.now() / 1000);
  const who = { iss: authServer, aud: census, sub: 'herald', client_id: 'herald', scope };
  return { ...who, jti: randomUUID(), iat, exp: iat + lifetime };
}
