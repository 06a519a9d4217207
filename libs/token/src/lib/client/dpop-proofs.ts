import { randomUUID } from 'node:crypto';

import { bindingClaims } from '../binding/binding-claims.js';
import { RecentMap } from '../cache/recent-map.js';
import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import { createSigner } from '../issue/create-signer.js';
import type { SigningKey } from '../issue/generate-signing-key.js';
import { jwkThumbprint, publicMembers } from '../issue/jwk-thumbprint.js';
import { signJwt } from '../issue/sign-jwt.js';
import { accessTokenHash } from '../possession/access-token-hash.js';
import type { Binding, Clock, JsonObject } from '../types.js';

/** What {@link dpopProofs} needs. @publicApi */
export interface DpopProofsOptions {
  /** The key that tokens are bound to; it never has to leave the process. */
  readonly key: SigningKey;
  readonly clock?: Clock;
}

/** One request, exactly as it will be sent. @publicApi */
export interface ProofRequest {
  readonly method: string;
  readonly url: string | URL;
  /** The access token that goes with it; none to a token endpoint. */
  readonly accessToken?: string;
  /** A nonce of the server; what it last told unless given. */
  readonly nonce?: string;
  /** For a route that is bound to the content or to the whole request. */
  readonly bound?: Binding;
  /** The content; none unless told. Only looked at where the proof is `bound`. */
  readonly body?: Uint8Array;
}

/** Makes the proofs of one sender. @publicApi */
export interface DpopProofs {
  /** The thumbprint of the key (RFC 7638): `cnf.jkt` of the tokens it is good for. */
  readonly jkt: string;
  /** A `DPoP` header for one request, and for no second attempt at it. */
  proof(request: ProofRequest): Promise<string>;
  /** Keeps the `DPoP-Nonce` of an answer for the next proof to that origin; null forgets nothing. */
  remember(url: string | URL, nonce: string | null | undefined): void;
}

/** Origins whose nonces are kept. */
const mostOrigins = 256;
/** RFC 9449 section 8.1. */
const nonceForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/;

/**
 * Makes DPoP proofs (RFC 9449 section 4.2) with one key: `htm`, `htu` without the query, a fresh
 * `jti`, `iat`; `ath` beside an access token; `nonce` once a server asked for one. Bound to the
 * content it also holds `bdy`; bound to the request, `bdy`, and `htu` with the query.
 *
 * Throws a TypeError for a key that cannot sign; `proof` rejects with one for a method that is not in
 * upper case and a URL that is not http(s) or holds user information or a fragment. A nonce outside
 * the grammar of the RFC, or over 512 characters, is not remembered.
 *
 * @example
 * const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
 * const headers = {
 *   authorization: `DPoP ${accessToken}`,
 *   dpop: await proofs.proof({ method: 'GET', url, accessToken }),
 * };
 * const answer = await fetch(url, { headers });
 * proofs.remember(url, answer.headers.get('dpop-nonce'));
 * @publicApi
 */
export function dpopProofs({ key, clock = systemClock }: DpopProofsOptions): DpopProofs {
  const { privateJwk, publicJwk } = key;
  const { alg: algorithm, kid } = privateJwk;
  // Without kid in the header: the key stands there itself.
  const { sign } = createSigner({ algorithm, kid, privateKey: privateJwk });
  const jwk = publicMembers(publicJwk) as JsonObject;
  const nonces = new RecentMap<string>(mostOrigins);

  return Object.freeze<DpopProofs>({
    jkt: jwkThumbprint(publicJwk),
    proof: async (request) => {
      const { accessToken, nonce = nonces.get(originOf(request.url)) } = request;
      const claims = {
        jti: randomUUID(),
        ...requestClaims(request),
        iat: Math.floor(clock.now()),
        ...(accessToken !== undefined && { ath: accessTokenHash(accessToken) }),
        ...(nonce !== undefined && { nonce }),
      };
      return signJwt({ algorithm, kid: undefined, sign }, 'dpop+jwt', claims, jwk);
    },
    remember: (url, nonce) => {
      if (typeof nonce === 'string' && nonceForm.test(nonce)) nonces.set(originOf(url), nonce);
    },
  });
}

function requestClaims({ method, url, bound, body }: ProofRequest): JsonObject {
  const { bdy, htm, htu } = bindingClaims({
    ...(bound !== undefined && body !== undefined && { body }),
    request: { method, url },
  }) as { readonly bdy: string; readonly htm: string; readonly htu: string };
  if (bound === 'request') return { bdy, htm, htu };
  return { htm, htu: htu.replace(/\?.*$/s, ''), ...(bound === 'body' && { bdy }) };
}

function originOf(url: string | URL): string {
  checkOption(URL.canParse(String(url)), 'url', 'be an absolute URL');
  return new URL(url).origin;
}
