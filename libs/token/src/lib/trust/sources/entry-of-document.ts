/** Trust entries as JSON: the same functions, the same options, the same refusals as in code. */
import { checkOption, refuseUnknownOptions } from '../../check-option.js';
import { clientSecretBasic, clientSecretPost } from '../../client/client-authentication.js';
import type { ClientAuthentication } from '../../client/client-authentication.js';
import { introspectionServer } from '../../introspection/introspection-server.js';
import type { Json, JsonObject } from '../../types.js';
import { authorizationServer } from '../authorization-server.js';
import { foreignServer } from '../foreign/foreign-server.js';
import { servicePeer } from '../service-peer.js';
import { sharedSecret } from '../shared-secret.js';
import type { TrustEntry } from '../trust-entry.js';

/** Reads the secret that a document names by its file. @internal */
export type SecretReader = (file: Json | undefined, option: string) => string;

/** What a document says has the type that it has: each function checks its own options. */
type Make = (options: JsonObject, secretIn: SecretReader) => TrustEntry;

const makers: Readonly<Record<string, Make>> = {
  authorizationServer: ({ issuer, ...options }) =>
    authorizationServer(issuer as never, options as never),
  servicePeer: ({ name, ...options }) => servicePeer(name as never, options as never),
  foreignServer: ({ preset, ...options }) => foreignServer(preset as never, options as never),
  sharedSecret: ({ name, secretFile, ...options }, secretIn) => {
    refuseSecret(options);
    const secret = secretIn(secretFile, 'secretFile');
    return sharedSecret(name as never, { ...options, secret } as never);
  },
  introspectionServer: ({ name, client, ...options }, secretIn) =>
    introspectionServer(name as never, { ...options, client: clientOf(client, secretIn) } as never),
};

/**
 * The trust entry that an object of a document describes: `kind` names the function, the rest are its
 * arguments and options. Secrets stand in files of their own: `secretFile`.
 *
 * Refuses with a TypeError that names the option whatever the function refuses, an unknown kind, and
 * a secret in the document itself.
 * @internal
 */
export function entryOfDocument(document: Json, secretIn: SecretReader): TrustEntry {
  checkOption(
    typeof document === 'object' && document !== null && !Array.isArray(document),
    'entry',
    'be an object',
  );
  const { kind, ...options } = document as JsonObject;
  const kinds = Object.keys(makers);
  const make = typeof kind === 'string' && Object.hasOwn(makers, kind) ? makers[kind] : undefined;
  if (make === undefined) throw new TypeError(`kind must be one of ${kinds.join(', ')}`);
  return make(options, secretIn);
}

function clientOf(client: Json | undefined, secretIn: SecretReader): ClientAuthentication {
  checkOption(
    typeof client === 'object' && client !== null && !Array.isArray(client),
    'client',
    'be an object with id and secretFile',
  );
  const { id, secretFile, method = 'client_secret_basic', ...unknown } = client as JsonObject;
  refuseSecret(unknown);
  refuseUnknownOptions(unknown, { id: true, secretFile: true, method: true });
  checkOption(typeof id === 'string', 'client.id', 'be a text');
  checkOption(
    method === 'client_secret_basic' || method === 'client_secret_post',
    'client.method',
    'be client_secret_basic or client_secret_post',
  );
  const secret = secretIn(secretFile, 'client.secretFile');
  const prove = method === 'client_secret_post' ? clientSecretPost : clientSecretBasic;
  return prove(id as string, secret);
}

/** A file of trust is read, copied and compared by many; a secret in it would be no secret long. */
function refuseSecret(options: object): void {
  checkOption(!('secret' in options), 'secret', 'stand in a file of its own: secretFile');
}
