import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';

import {
  AccessError,
  trustDomainOf,
  verifyJwt,
  type Clock,
  type JsonObject,
  type ReplayStore,
  type TrustedIssuer,
  type VerifiedToken,
} from '@countersign/token';

import type { LiveRegistry } from '../../registry/live-registry.js';
import type { Issuer, Registry } from '../../registry/registry.js';
import { clockTolerance, maxTokenBytes } from '../assertions/limits.js';
import type { TrustedParties } from '../assertions/trusted-parties.js';
import { UnfitToken } from '../assertions/unfit-token.js';
import type { TokenLimits } from '../limits/token-limits.js';
import { TokenError } from '../token-error.js';
import type { AuthenticatedClient } from './authenticated-client.js';
import { briefId } from './brief-id.js';
import type { PresentedAssertion } from './presented-credentials.js';

/** What client assertions are verified with. */
export interface ClientAssertionsOptions {
  readonly registry: LiveRegistry;
  readonly parties: TrustedParties;
  readonly replay: ReplayStore;
  readonly limits: TokenLimits;
  /** Our own name: whom an assertion must be addressed to. */
  readonly issuer: string;
  readonly clock: Clock;
}

/** Says, of an assertion whose signature holds, which client it authenticates. */
type Reading = (verified: VerifiedToken) => AuthenticatedClient;

/** A signer who is trusted with the assertion, and what it proves then. */
interface Trusted {
  readonly party: TrustedIssuer | undefined;
  readonly read: Reading;
}

/** What nobody has verified: for limits and log. */
interface Claimed {
  id: string | undefined;
  kid: string;
}

/**
 * Clients that authenticate by a signed assertion (RFC 7523 section 2.2): one signed by the client
 * itself (`iss` = `sub` = client id, this issuer as the one and only `aud`, 5 minutes at most, used
 * once), or one that a trusted platform made for a workload (a Kubernetes service account, a SPIFFE
 * JWT-SVID), which it may use for as long as that holds.
 */
export class ClientAssertions {
  constructor(private readonly options: ClientAssertionsOptions) {}

  /**
   * The client that an assertion proves. Whatever is wrong with it is the same `invalid_client` after
   * a signature was verified, if only one of ours; 503 when its signer's keys or the store of used
   * assertions cannot be read.
   */
  async verify(presented: PresentedAssertion, network: string): Promise<AuthenticatedClient> {
    const claimed: Claimed = { id: presented.id, kid: '' };
    const { registry, limits } = this.options;
    const before = registry.current;
    try {
      return await this.readOnce(presented, network, claimed);
    } catch (error) {
      if (!mayBeNew(error)) throw this.refusal(error, claimed, network);
      limits.mayFail(network);
      // A client or key that was added a moment ago is there when the database is asked.
      await registry.refreshFor(claimed.id ?? '');
      if (registry.current === before) throw this.refusal(error, claimed, network);
    }
    try {
      return await this.readOnce(presented, network, claimed);
    } catch (error) {
      throw this.refusal(error, claimed, network);
    }
  }

  private async readOnce(
    { assertion, id }: PresentedAssertion,
    network: string,
    claimed: Claimed,
  ): Promise<AuthenticatedClient> {
    const { clock, limits, registry, replay } = this.options;
    let trusted: Trusted | undefined;
    const verified = await verifyJwt(assertion, {
      issuerOf: (claims, header) => {
        claimed.id = id ?? (typeof claims['sub'] === 'string' ? claims['sub'] : undefined);
        claimed.kid = typeof header['kid'] === 'string' ? header['kid'] : '';
        limits.mayTry(network, claimed.id);
        trusted = this.trusted(claims, id, claimed.kid, registry.current);
        return trusted?.party;
      },
      clock,
      clockTolerance,
      maxTokenBytes,
    });
    const authenticated = (trusted as Trusted).read(verified);
    if (authenticated.method === 'federated') return authenticated;
    // Last, and only for what is valid: anything else would let others use up a client's assertions.
    const until = verified.expiresAt + clockTolerance;
    const isFirst = await replay.use(authenticated.client.id, jtiOf(verified.claims), until);
    if (!isFirst) throw new UnfitToken('replayed');
    return authenticated;
  }

  /** A client id is never a URI, an issuer always is one: nobody can be taken for the other. */
  private trusted(
    claims: JsonObject,
    id: string | undefined,
    kid: string,
    registry: Registry,
  ): Trusted | undefined {
    const { iss, sub } = claims;
    const { parties, issuer } = this.options;
    const platform = platformOf(claims, registry);
    if (platform) {
      const read: Reading = (verified) => workloadOf(verified, { platform, registry, issuer, id });
      return { party: parties.workloads(platform), read };
    }
    const isOwn = typeof iss === 'string' && iss === sub && (id === undefined || id === sub);
    const client = isOwn ? registry.find(iss) : undefined;
    if (!client) return undefined;
    const read: Reading = ({ claims: { aud, jti } }) => {
      if (aud !== issuer) throw new UnfitToken('aud is not this issuer alone');
      jtiOf({ jti });
      return { client, method: 'private_key_jwt', credential: kid };
    };
    return { party: parties.clientAssertions(client), read };
  }

  private refusal(error: unknown, { id }: Claimed, network: string): unknown {
    const isRefusal = error instanceof AccessError || error instanceof UnfitToken;
    if (!isRefusal) return error;
    const isAccess = error instanceof AccessError;
    const client = id === undefined ? undefined : briefId(id);
    const reason = isAccess
      ? `${error.code} (${error.detail.check ?? 'assertion'})`
      : error.message;
    if (isAccess && error.status === 503) {
      const { retryAfter = 1 } = error;
      const cause = error;
      return new TokenError('temporarily_unavailable', { reason, client, retryAfter, cause });
    }
    // Whoever is refused before a signature was looked at waits as long as all others.
    if (isAccess && error.code !== 'SIGNATURE_INVALID') verifyDecoy();
    this.options.limits.failed(network, id);
    return new TokenError('invalid_client', { reason, client, cause: error });
  }
}

/** Whether the refusal may be of a client or key that this process has not heard of yet. */
function mayBeNew(error: unknown): boolean {
  const news = ['ISSUER_UNTRUSTED', 'KEY_UNKNOWN', 'SIGNATURE_INVALID', 'ALGORITHM_FORBIDDEN'];
  return error instanceof AccessError && news.includes(error.code);
}

/** The platform that speaks here: by its exact `iss`, or by the trust domain of a SPIFFE ID. */
function platformOf({ iss, sub }: JsonObject, registry: Registry): Issuer | undefined {
  const named = typeof iss === 'string' ? registry.issuer(iss) : undefined;
  const domain = named ? undefined : trustDomainOf(sub);
  const issuer = named ?? (domain === undefined ? undefined : registry.issuer(domain));
  return issuer?.kind === 'workloads' ? issuer : undefined;
}

interface WorkloadContext {
  readonly platform: Issuer;
  readonly registry: Registry;
  readonly issuer: string;
  /** The client that the request names. */
  readonly id: string | undefined;
}

function workloadOf(
  { claims, audience }: VerifiedToken,
  { platform, registry, issuer, id }: WorkloadContext,
): AuthenticatedClient {
  if (!audience.includes(issuer)) throw new UnfitToken('aud does not name this issuer');
  // Whoever bears it need not be the workload: the key that it is bound to was not shown.
  if (claims['cnf'] !== undefined) throw new UnfitToken('bound to a key');
  const subject = String(claims['sub']);
  const clients = registry
    .clientsOf({ issuer: platform.name, subject })
    .filter((client) => id === undefined || client.id === id);
  const [client, another] = clients;
  if (client === undefined) throw new UnfitToken('no client is this workload');
  if (another !== undefined) throw new UnfitToken('several clients are this workload');
  return { client, method: 'federated', credential: `${platform.name} ${subject}` };
}

function jtiOf({ jti }: JsonObject): string {
  if (typeof jti === 'string' && jti !== '' && jti.length <= 256) return jti;
  throw new UnfitToken('jti is missing, or no short text');
}

const decoy = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const decoyKey = {
  key: createPublicKey(decoy.privateKey),
  dsaEncoding: 'ieee-p1363',
} as const;
const decoySignature = Buffer.alloc(64, 1);

function verifyDecoy(): void {
  verify('sha256', decoySignature, decoyKey, decoySignature);
}
