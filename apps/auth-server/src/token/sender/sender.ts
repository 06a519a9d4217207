/**
 * What the sender of a request has proven to hold, besides its credentials: what its tokens can be
 * bound to, and what bound tokens it may exchange. Knows no grant and no token of ours.
 */
import {
  AccessError,
  useProofOnce,
  verifyDpopProof,
  type DpopPolicy,
  type ReplayStore,
} from '@countersign/token';

import type { Client } from '../../registry/registry.js';
import type { ClientRequest } from '../client-authentication/client-request.js';
import { TokenError } from '../token-error.js';
import type { Confirmation } from './confirmation.js';

/** Who sent a request: the key of its proof, and the certificate of its connection. */
export interface Sender {
  /** Thumbprint of the key that signed its DPoP proof; undefined without a proof. */
  readonly jkt: string | undefined;
  /** Thumbprint of the certificate of its connection, looked at only where it is asked for. */
  thumbprint(): string | undefined;
}

/** What proofs are held to. */
export interface SenderOptions {
  /** The URL of the token endpoint, as clients know it. */
  readonly url: string;
  readonly policy: DpopPolicy;
  readonly replay: ReplayStore;
}

/** Finds out who sent a request (RFC 9449 section 5, RFC 8705 section 3). */
export class Senders {
  constructor(private readonly options: SenderOptions) {}

  /** The nonce that the next proof should hold; undefined where none has to. */
  get nonce(): string | undefined {
    return this.options.policy.nonces?.current();
  }

  /**
   * The sender of a client's request; at once where there is no proof. Uses its proof up.
   *
   * Throws `invalid_dpop_proof` for a proof that does not hold, for two, and for none where the client
   * has to be bound to a key; `use_dpop_nonce` where only that is missing; `invalid_request` for no
   * certificate where the client has to be bound to it; 503 when nobody could tell.
   */
  of(request: ClientRequest, client: Client): Sender | Promise<Sender> {
    const [proof, another] = request.proofs;
    const thumbprint = () => request.certificate()?.thumbprint;
    if (client.certificateBoundAccessTokens && thumbprint() === undefined) {
      throw new TokenError('invalid_request', {
        reason: 'the connection has no certificate to bind the token to',
        description: 'This client has to connect with its certificate',
        client: client.id,
      });
    }
    if (another !== undefined) throw refused(client, 'two DPoP proofs');
    if (proof !== undefined) return this.proven(proof, thumbprint, client);
    if (client.dpopBoundAccessTokens) throw refused(client, 'no DPoP proof');
    return { jkt: undefined, thumbprint };
  }

  private async proven(
    proof: string,
    thumbprint: Sender['thumbprint'],
    client: Client,
  ): Promise<Sender> {
    const { url, policy, replay } = this.options;
    try {
      const verified = await verifyDpopProof(proof, { method: 'POST', url }, policy);
      await useProofOnce(verified, replay, policy.clockTolerance);
      return { jkt: verified.jkt, thumbprint };
    } catch (error) {
      throw error instanceof AccessError ? ofAccessError(error, client) : error;
    }
  }
}

/** What tokens of this sender are bound to; undefined where they are for whoever bears them. */
export function bindingOf(
  { jkt, thumbprint }: Sender,
  client: Client,
  inherited: Confirmation | undefined,
): Confirmation | undefined {
  const isCertificateBound =
    client.certificateBoundAccessTokens || inherited?.['x5t#S256'] !== undefined;
  const certificate = isCertificateBound ? thumbprint() : undefined;
  if (jkt === undefined && certificate === undefined) return undefined;
  return {
    ...(jkt === undefined ? {} : { jkt }),
    ...(certificate === undefined ? {} : { 'x5t#S256': certificate }),
  };
}

function ofAccessError(cause: AccessError, { id }: Client): TokenError {
  const reason = `${cause.code} (${cause.detail.check ?? 'proof'})`;
  const { nonce, retryAfter = 1 } = cause;
  if (cause.status === 503) {
    return new TokenError('temporarily_unavailable', { reason, client: id, retryAfter, cause });
  }
  return cause.code === 'NONCE_REQUIRED'
    ? new TokenError('use_dpop_nonce', { reason, client: id, nonce, cause })
    : new TokenError('invalid_dpop_proof', { reason, client: id, cause });
}

function refused({ id }: Client, reason: string): TokenError {
  return new TokenError('invalid_dpop_proof', { reason, client: id });
}
