/** What single values of a registry document must look like. Every check explains itself. */
import { createPublicKey, X509Certificate, type JsonWebKey } from 'node:crypto';
import { isIP } from 'node:net';

import {
  asymmetricAlgorithms,
  importVerificationKey,
  isLoopbackHost,
  UnusableKeyError,
  type AsymmetricAlgorithm,
} from '@countersign/token';

const longestUrl = 2048;

/** Values of `use` that an issuer's keys may have: bundles of SPIFFE (section 4.2.2) have their own. */
export function keyUsesOf(issuer: string): readonly string[] {
  return issuer.startsWith('spiffe:') ? ['jwt-svid', 'sig'] : ['sig'];
}

/** Why a set of signature keys cannot be used, per key; `kid` tells several keys apart. */
export function verificationKeyProblems(
  jwks: readonly JsonWebKey[],
  algorithms: readonly AsymmetricAlgorithm[],
  uses?: readonly string[],
): readonly { readonly at: number; readonly message: string }[] {
  const allowed = algorithms.length > 0 ? algorithms : asymmetricAlgorithms;
  const kids = new Set<string>();
  return jwks.flatMap((jwk, at) => {
    try {
      const { kid } = importVerificationKey(jwk, allowed, uses && { uses });
      if (kid === undefined && jwks.length > 1) return [{ at, message: 'needs a kid' }];
      if (kid !== undefined && kids.has(kid))
        return [{ at, message: 'has a kid that is there twice' }];
      if (kid !== undefined) kids.add(kid);
      return [];
    } catch (error) {
      if (!(error instanceof UnusableKeyError)) throw error;
      return [{ at, message: `is no usable public key (${error.fault})` }];
    }
  });
}

/** By key type and curve: what content keys can be encrypted to it with (RFC 7518 section 4). */
const agreement = ['ECDH-ES', 'ECDH-ES+A256KW'];
const encryptionAlgorithms: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RSA-OAEP-256']],
  ['EC P-256', agreement],
  ['EC P-384', agreement],
  ['EC P-521', agreement],
  ['OKP X25519', agreement],
]);
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Why tokens cannot be encrypted to a JWK; undefined when they can. */
export function encryptionKeyProblem(jwk: JsonWebKey): string | undefined {
  const { kty, crv, kid, alg, use } = jwk as Readonly<Record<string, unknown>>;
  if (privateMembers.some((member) => member in jwk)) return 'holds a private key';
  if (typeof kid !== 'string' || kid === '' || kid.length > 256) return 'needs a kid';
  if (use !== undefined && use !== 'enc') return 'is for another use than enc';
  const fitting = encryptionAlgorithms.get(kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`);
  if (!fitting) return 'has a type or curve that nothing can be encrypted to';
  if (alg !== undefined && !fitting.includes(String(alg))) {
    return `must have alg ${fitting.join(' or ')}`;
  }
  return isWellFormedKey(jwk) ? undefined : 'is no well-formed public key of 2048 to 8192 bits';
}

function isWellFormedKey(jwk: JsonWebKey): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: jwk, format: 'jwk' });
    const bits = asymmetricKeyDetails?.modulusLength;
    return bits === undefined || (bits >= 2048 && bits <= 8192);
  } catch {
    return false;
  }
}

/** Whether a text is one or more PEM certificates and nothing else. */
export function isCertificateChain(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const rest = blocks.reduce((text, block) => text.replace(block, ''), pem);
  if (blocks.length === 0 || rest.trim() !== '') return false;
  try {
    return blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false;
  }
}

/**
 * Whether a text is a network in CIDR notation, and no wider than keys may be fetched from (see
 * `boundedFetch`): half the internet is no network.
 */
export function isNetwork(text: string): boolean {
  const [address = '', prefix = '', more] = text.split('/');
  const family = isIP(address);
  const bits = Number(prefix);
  // A zone (fe80::1%eth0) means something on one machine only.
  if (more !== undefined || family === 0 || address.includes('%')) return false;
  if (!/^[1-9]\d{0,2}$/.test(prefix)) return false;
  return family === 6 ? bits >= 7 && bits <= 128 : bits >= 8 && bits <= 32;
}

/** Whether a key set may be fetched from there: https, or http on this machine. */
export function isFetchableUrl(text: string): boolean {
  if (text.length > longestUrl || !URL.canParse(text)) return false;
  const { href, protocol, hostname, username, password } = new URL(text);
  return (
    (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) &&
    href === text &&
    username === '' &&
    password === '' &&
    !text.includes('#')
  );
}

// The SPIFFE ID standard, section 2.1: a trust domain is lower case and has no port.
const trustDomain = /^spiffe:\/\/[a-z0-9._-]{1,255}$/;

/** Whether a text can be an `iss`: an https URL (http on this machine), or a SPIFFE trust domain. */
export function isIssuerIdentifier(text: string): boolean {
  if (text.startsWith('spiffe:')) return trustDomain.test(text);
  // An `iss` is often written without the slash that `URL` adds to a bare host.
  return (isFetchableUrl(text) || isFetchableUrl(`${text}/`)) && !text.includes('?');
}
