/**
 * Second and third arrow, with a memory: Presented -> VerifiedToken and Principal. What is remembered
 * is who somebody is, never what they may do: audience, scopes and bindings are looked at on every
 * request, and so is everything about an identity that time or somebody else can change.
 */
import { hash } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { actorsIn } from '../explain/actors-in.js';
import type { Duration } from '../to-seconds.js';
import { toSeconds } from '../to-seconds.js';
import type { Trace } from '../trace.js';
import type { Presented, Principal, TrustedIssuer, VerifiedToken } from '../types.js';
import { checkLifetime } from '../verify/check-lifetime.js';
import { checkTimes } from '../verify/check-times.js';
import type { Proof } from '../verify/proof.js';
import { toPrincipal } from '../verify/to-principal.js';
import type { VerificationPolicy } from '../verify/verification-policy.js';
import { proveToken } from '../verify/verify-token.js';
import { RecentMap } from './recent-map.js';

/** Who somebody is, as a token proved it. @publicApi */
export interface Identity {
  readonly verified: VerifiedToken;
  readonly principal: Principal;
}

/** How much is remembered of tokens that held. @publicApi */
export interface TokenCacheOptions {
  /** Most tokens remembered at a time; 10,000 unless told, at least 2 and at most 1,000,000. */
  readonly max?: number;
  /** Longest time until a token is verified in full again; 60 s unless told, at most 5 min. */
  readonly maxAge?: Duration;
}

/** Tells who presents a token. @publicApi */
export interface Authenticator {
  /** Tokens remembered. */
  readonly size: number;
  /**
   * Who presents this token, at once, if it was verified a while ago and nothing has changed since;
   * else undefined. Throws the AccessError that verifying it in full would reject with, where that
   * is already known.
   */
  recall(presented: Presented): Identity | undefined;
  /**
   * Verifies the token in full, and remembers it if it holds, unless told not to: a token for one use
   * is not worth it. Rejects as `verifyToken` and `toPrincipal` do. `trace` is told what passes.
   */
  authenticate(presented: Presented, remember?: boolean, trace?: Trace): Promise<Identity>;
}

interface Remembered {
  readonly identity: Identity;
  readonly proof: Proof;
  /** Monotonic clock, milliseconds. */
  readonly since: number;
}

/**
 * Makes an authenticator over the one verifier and a bounded memory of tokens that held.
 *
 * A token is remembered under the SHA-256 of its carrier and all its bytes; refusals never are. What
 * is remembered counts only while the trust entry is the very same, the key store still answers with
 * the very key that verified it (or the answer of its server is younger than
 * that server's `maxAge`), its times hold, nothing revokes it, and `maxAge` has not passed; so a
 * request is decided as if its token had been verified anew. `off` remembers nothing. Who sends a token
 * with `cnf`, known or not, is for `checkPossession` to check.
 *
 * Refuses with a TypeError that names the option a `max` or `maxAge` out of bounds.
 *
 * @example
 * const authenticator = createAuthenticator({ trust, clock, clockTolerance: 10, maxTokenBytes: 8192 });
 * const { principal } = authenticator.recall(presented) ?? (await authenticator.authenticate(presented));
 * @publicApi
 */
export function createAuthenticator(
  policy: VerificationPolicy,
  cache: TokenCacheOptions | 'off' = {},
): Authenticator {
  if (cache === 'off') {
    const authenticate = async (presented: Presented, _remember?: boolean, trace?: Trace) =>
      identityOf(await proveToken(presented, traced(policy, trace)), trace);
    return Object.freeze<Authenticator>({ size: 0, recall: () => undefined, authenticate });
  }
  const { max = 10_000 } = cache;
  const maxAge = toSeconds(cache.maxAge ?? '60s', 'tokenCache.maxAge');
  checkOption(
    Number.isSafeInteger(max) && max >= 2 && max <= 1_000_000,
    'tokenCache.max',
    'be a whole number from 2 to 1,000,000',
  );
  checkOption(
    maxAge > 0 && maxAge <= 300,
    'tokenCache.maxAge',
    "be over 0 and at most 5m; or 'off'",
  );
  return new RememberingAuthenticator(policy, max, maxAge * 1000);
}

class RememberingAuthenticator implements Authenticator {
  readonly #tokens: RecentMap<Remembered>;

  constructor(
    private readonly policy: VerificationPolicy,
    max: number,
    private readonly maxAge: number,
  ) {
    this.#tokens = new RecentMap(max);
  }

  get size(): number {
    return this.#tokens.size;
  }

  recall(presented: Presented): Identity | undefined {
    const name = nameOf(presented);
    const remembered = this.#tokens.get(name);
    if (remembered === undefined) return undefined;
    if (this.#holds(remembered)) return remembered.identity;
    this.#tokens.delete(name);
    return undefined;
  }

  async authenticate(presented: Presented, remember = true, trace?: Trace): Promise<Identity> {
    const since = this.policy.clock.monotonic();
    const proof = await proveToken(presented, traced(this.policy, trace));
    const identity = identityOf(proof, trace);
    // One that is good for one request is never asked for again.
    if (remember && !identity.verified.issuer.singleUse)
      this.#tokens.set(nameOf(presented), { identity, proof, since });
    return identity;
  }

  /** In the order of the verifier, so that of two reasons to refuse the same one is given. */
  #holds({ identity, proof, since }: Remembered): boolean {
    const { clock, trust } = this.policy;
    const { times } = proof;
    const { issuer } = identity.verified;
    const age = clock.monotonic() - since;
    if (!(age >= 0 && age < this.maxAge) || trust.find(issuer.issuer) !== issuer) return false;
    checkLifetime(times, issuer, this.policy);
    checkTimes(times, issuer, this.policy);
    if (!this.#isProven(proof, issuer)) return false;
    issuer.revocation?.check(identity.verified);
    return true;
  }

  /** Whether what proved the token is still so: the key is published, the answer not too old. */
  #isProven(proof: Proof, { keys }: TrustedIssuer): boolean {
    const { clock } = this.policy;
    if (proof.by === 'answer') return clock.monotonic() < proof.until;
    const { key, kid, times } = proof;
    const { algorithm } = key;
    const found = keys.find({ kid, algorithm, issuedAt: times.issuedAt ?? clock.now() });
    if ('then' in found) found.catch(ignore);
    return found === key;
  }
}

const traced = (policy: VerificationPolicy, trace: Trace | undefined): VerificationPolicy =>
  trace === undefined ? policy : { ...policy, trace };

function identityOf({ verified }: Proof, trace?: Trace): Identity {
  const principal = toPrincipal(verified);
  trace?.passed('principal', actorsIn(principal));
  return Object.freeze<Identity>({ verified, principal });
}

/** No blank is part of a carrier, so no carrier and token read like others. */
function nameOf({ token, carrier }: Presented): string {
  return hash('sha256', `${carrier} ${token}`, 'base64url');
}

/** The verifier asks again, joins the same reading, and tells what came of it. */
function ignore(): void {}
