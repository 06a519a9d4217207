import { refuse } from '../refuse.js';
import type { CallerRef, TrustedIssuer } from '../types.js';

// Never a URI, so that no client can be taken for a user, nor a user for a client.
const clientIdForm = /^[A-Za-z0-9._~-]{1,128}$/;

/** The client of a server as a caller; refuses with CLAIM_INVALID an id of another form. @internal */
export function readClient(clientId: string, issuer: TrustedIssuer): CallerRef {
  if (!clientIdForm.test(clientId))
    refuse('CLAIM_INVALID', {
      check: 'client_id',
      issuer: issuer.name,
      expected: '1 to 128 letters, digits, or . _ ~ -',
      got: clientId,
    });
  return {
    kind: 'service',
    issuer: issuer.issuer,
    id: clientId,
    name: Object.hasOwn(issuer.callers, clientId) ? issuer.callers[clientId] : undefined,
  };
}
