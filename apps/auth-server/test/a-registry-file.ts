import { createHash } from 'node:crypto';

import { clientDocument } from '../src/registry/documents/documents.js';
import type { RegistryFile } from '../src/registry/registry-file.js';

export const issuer = 'https://auth.example';
export const herald = 'https://herald.example/';
export const users = 'https://census.example/user/';

/** The digest of a secret as a registry file has it. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

interface Change {
  readonly services?: RegistryFile['services'];
  /** With only the members that matter. */
  readonly clients?: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
}

const web = {
  id: 'web',
  secrets: [
    { label: 'a', sha256: 'A'.repeat(43) },
    { label: 'b', sha256: sha256('b'), expires: '2027-01-01T00:00:00.000Z' },
  ],
  grants: [{ service: 'herald', scopes: ['send'], subjects: [users] }],
};

/** A registry file as it is read: one service, one client, unless told otherwise. */
export function aRegistryFile({ services, clients = [web] }: Change = {}): RegistryFile {
  return {
    services: services ?? [{ name: 'herald', audience: herald, scopes: ['send', 'read'] }],
    clients: clients.map((client) => ({ secrets: [], ...clientDocument.parse(client) })),
    issuers: [],
  } as RegistryFile;
}
