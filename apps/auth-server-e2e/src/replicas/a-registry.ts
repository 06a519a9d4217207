import { randomBytes } from 'node:crypto';

import { digestOf } from './start-replicas.js';
import type { Credentials } from './ask-token.js';

/** Audience of the one service. */
export const things = 'https://things.example/';

const secretOf = (id: string): Credentials => ({
  id,
  secret: randomBytes(32).toString('base64url'),
});

/** An administrator and two clients, and the registry file that says so. */
export interface ARegistry {
  readonly admin: Credentials;
  /** Is granted what `things` offers. */
  readonly web: Credentials;
  /** Is the service `things`. */
  readonly service: Credentials;
  readonly document: object;
}

/** Makes a registry with secrets of its own; `keys` lets a client `signer` sign assertions. */
export function aRegistry(jwks: readonly object[] = []): ARegistry {
  const [admin, web, service] = [secretOf('ops'), secretOf('web'), secretOf('things-1')] as const;
  const secrets = ({ secret }: Credentials) => [{ label: 'test', sha256: digestOf(secret) }];
  const grants = [{ service: 'things', scopes: ['read', 'write'] }];
  const administration = [{ service: 'admin', scopes: ['admin:read', 'admin:write'] }];
  return {
    ...{ admin, web, service },
    document: {
      services: [{ name: 'things', audience: things, scopes: ['read', 'write'] }],
      clients: [
        { id: admin.id, secrets: secrets(admin), grants: administration },
        { id: web.id, secrets: secrets(web), grants },
        { id: service.id, service: 'things', secrets: secrets(service) },
        ...(jwks.length === 0 ? [] : [{ id: 'signer', secrets: [], keys: { jwks }, grants }]),
      ],
    },
  };
}
