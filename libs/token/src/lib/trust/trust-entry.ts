/**
 * Whom a service believes, as its developer writes it down: checked here, once, at boot. Becomes a
 * TrustedIssuer in the registry; knows nothing of tokens.
 */
import { checkOption } from '../check-option.js';
import type { ClientAuthentication } from '../client/client-authentication.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { isScopeToken } from '../parse-scope.js';
import type { Duration } from '../to-seconds.js';
import { toSeconds } from '../to-seconds.js';
import type {
  Algorithm,
  IssuerCarrier,
  KeyStore,
  RevocationCheck,
  TokenProfile,
  TrustedIssuer,
} from '../types.js';
import { isCanonicalUri, isUriPrefix } from './canonical-uri.js';
import type { RevocationSettings } from './revocation-settings.js';

/** Where the keys of an issuer come from. @publicApi */
export type KeysOfIssuer =
  | {
      readonly from: 'metadata';
      readonly jwksOrigins: readonly string[];
      /** Given for servers that only have the document of OpenID Connect Discovery. */
      readonly document?: 'openid';
    }
  | {
      readonly from: 'jwks';
      readonly url: string;
      /** Given for what is discovered: CIDR blocks that may be asked besides public addresses. */
      readonly networks?: readonly string[];
      /** PEM of the only authorities that may have signed the certificate there. */
      readonly ca?: string;
    }
  | { readonly from: 'configuration'; readonly store: KeyStore }
  | AskedServer;

/** No keys: the server is asked about each token (RFC 7662). @publicApi */
export interface AskedServer {
  readonly from: 'introspection';
  /** Undefined where metadata tells. */
  readonly endpoint: string | undefined;
  readonly networks: readonly string[] | undefined;
  readonly client: ClientAuthentication;
  readonly readsJwts: boolean;
  /** Seconds. */
  readonly maxAge: number;
  /** Seconds. */
  readonly timeout: number;
  readonly concurrency: number;
}

/** One entry of the trust list: plain, checked and frozen. @publicApi */
export interface TrustEntry extends Omit<TrustedIssuer, 'keys' | 'introspection' | 'revocation'> {
  readonly keys: KeysOfIssuer;
  /**
   * How its revocations are followed, or who is asked: for an issuer whose revocations this process
   * holds itself. Without it they are not followed.
   */
  readonly revocation?: RevocationSettings | RevocationCheck;
}

/** The options that every kind of trust entry has. @publicApi */
export interface CommonTrustOptions {
  readonly algorithms?: readonly Algorithm[];
  readonly carrier?: IssuerCarrier;
  readonly maxLifetime?: Duration;
  /** Canonical URI prefixes of users that the issuer may speak for; none unless listed. */
  readonly subjects?: readonly string[];
  /**
   * `required` refuses its tokens that are not bound to their sender: by a DPoP key (RFC 9449), which
   * the carrier `Bearer` allows, or by a client certificate (RFC 8705).
   */
  readonly senderConstrained?: 'required';
}

const carriers: readonly IssuerCarrier[] = ['Bearer', 'JWT', 'Token'];

const supported: Readonly<Record<Algorithm, true>> = {
  RS256: true,
  RS384: true,
  RS512: true,
  PS256: true,
  PS384: true,
  PS512: true,
  ES256: true,
  ES384: true,
  ES512: true,
  EdDSA: true,
  HS256: true,
  HS384: true,
  HS512: true,
};

/** Whether a list of algorithms is one of shared secrets. @internal */
export function isSymmetric(algorithms: readonly Algorithm[]): boolean {
  return algorithms.every((algorithm) => algorithm.startsWith('HS'));
}

/** A trust entry before its keys are known. @internal */
export type KeylessEntry = Omit<TrustEntry, 'keys'>;

/**
 * Checks the options that every trust entry has, and freezes them; a TypeError names the option at
 * fault.
 * @internal
 */
export function checkedEntry(entry: KeylessEntry, longestLifetime: Duration): KeylessEntry {
  const { name, issuer, carrier, algorithms, maxLifetime, mayAssert, subjects } = entry;
  const { senderConstrained = 'required' } = entry;
  checkOption(
    typeof name === 'string' && name.trim() === name && name !== '',
    'name',
    'be a plain name',
  );
  checkOption(isIssuer(issuer), 'issuer', 'be a canonical https URL, or http on a loopback host');
  checkOption(carriers.includes(carrier), 'carrier', `be one of ${carriers.join(', ')}`);
  if (entry.profile.name !== 'introspected-token') checkAlgorithms(algorithms);
  checkOption(
    maxLifetime > 0 && maxLifetime <= toSeconds(longestLifetime),
    'maxLifetime',
    `be more than 0 and at most ${longestLifetime}`,
  );
  checkOption(
    mayAssert === 'any' || isListOf(mayAssert, isScopeToken),
    'mayAssert',
    'be a list of scopes (RFC 6749 section 3.3)',
  );
  checkOption(senderConstrained === 'required', 'senderConstrained', "be 'required', or left out");
  checkOption(isListOf(subjects, isUriPrefix), 'subjects', "be canonical URIs that end in '/'");
  return Object.freeze({
    ...entry,
    algorithms: Object.freeze([...algorithms]),
    mayAssert: mayAssert === 'any' ? mayAssert : Object.freeze([...mayAssert]),
    subjects: Object.freeze([...subjects]),
    profile: frozenProfile(entry.profile),
    callers: Object.freeze(entry.callers),
  });
}

function frozenProfile(profile: TokenProfile): TokenProfile {
  return Object.freeze({
    ...profile,
    types: Object.freeze([...profile.types]),
    requiredClaims: Object.freeze([...profile.requiredClaims]),
  });
}

/** RFC 8414 section 2 and RFC 9068 ask for no more than a URL; one without path may omit the slash. */
function isIssuer(issuer: unknown): boolean {
  return isKeyUrl(issuer) && (isCanonicalUri(issuer) || isCanonicalUri(`${issuer}/`));
}

/** A non-empty list of algorithms we know, not of both kinds; else a TypeError. @internal */
export function checkAlgorithms(algorithms: readonly Algorithm[]): void {
  checkOption(
    isListOf(algorithms, isSupported),
    'algorithms',
    `be among ${Object.keys(supported).join(', ')}`,
  );
  checkOption(algorithms.length > 0, 'algorithms', 'not be empty');
  // With both, whoever knows a public key could try to use it as a shared secret (RFC 8725 2.1).
  checkOption(
    isSymmetric(algorithms) || !algorithms.some((algorithm) => algorithm.startsWith('HS')),
    'algorithms',
    'not mix shared secrets (HS*) with public keys',
  );
}

function isListOf(values: unknown, isGood: (value: unknown) => boolean): boolean {
  return Array.isArray(values) && values.every(isGood);
}

function isSupported(value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(supported, value);
}
