import type { OutboundBinding, OutboundToken } from './token-source.js';

/** The request that credentials go with. @publicApi */
export interface CredentialedRequest extends OutboundBinding {
  /** Whether the proof of a DPoP token is to hold for this method, URL and content alone. */
  readonly bound?: boolean;
}

type CredentialHeaders = Readonly<Record<string, string>>;

/**
 * The header fields that carry a token in one request, by its carrier; names in lower case. A DPoP
 * token gets a proof for this request, and for no second attempt at it.
 *
 * Throws a TypeError for a DPoP token without proofs; rejects as `DpopProofs.proof` does.
 * @publicApi
 */
export function credentialHeaders(
  { token, carrier, proofs }: OutboundToken,
  request: CredentialedRequest,
): CredentialHeaders | Promise<CredentialHeaders> {
  switch (carrier) {
    case 'Bearer':
      return { authorization: `Bearer ${token}` };
    case 'JWT':
      return { jwt: token };
    case 'Token':
      return { token };
    case 'DPoP':
      if (proofs === undefined) throw new TypeError('a DPoP token cannot go without proofs');
      return proven(token, proofs, request);
  }
}

async function proven(
  accessToken: string,
  proofs: NonNullable<OutboundToken['proofs']>,
  { method, url, body, bound = false }: CredentialedRequest,
): Promise<CredentialHeaders> {
  const dpop = await proofs.proof({
    method,
    url,
    accessToken,
    ...(bound && { bound: 'request' }),
    ...(body && { body }),
  });
  return { authorization: `DPoP ${accessToken}`, dpop };
}
