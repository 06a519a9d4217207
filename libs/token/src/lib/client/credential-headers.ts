import type { OutboundToken } from './token-source.js';

/**
 * The header fields that carry a token, by its carrier; names in lower case.
 * @publicApi
 */
export function credentialHeaders({ token, carrier }: OutboundToken): Record<string, string> {
  switch (carrier) {
    case 'Bearer':
      return { authorization: `Bearer ${token}` };
    case 'DPoP':
      return { authorization: `DPoP ${token}` };
    case 'JWT':
      return { jwt: token };
    case 'Token':
      return { token };
  }
}
