import type { Client } from '../../registry/registry.js';

/** A client that has proven who it is. */
export interface AuthenticatedClient {
  readonly client: Client;
  readonly method:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'api_key'
    | 'private_key_jwt'
    | 'federated'
    | 'tls_client_auth'
    | 'self_signed_tls_client_auth';
  /**
   * Which credential it used, for the audit: the id of a secret, a key id, an identity, the
   * thumbprint of a certificate.
   */
  readonly credential: string;
}
