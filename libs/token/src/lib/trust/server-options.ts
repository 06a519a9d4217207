/** The options that every kind of server has: where its keys are, and what we call its clients. */
import type { JsonWebKey } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { staticKeys } from '../keys/static-keys.js';
import type { Algorithm } from '../types.js';
import type { KeysOfIssuer } from './trust-entry.js';

/** Where the keys of a server are; at most one of these is given. @publicApi */
export interface ServerKeyOptions {
  /** Where its keys are, when not where its metadata (RFC 8414) says. */
  readonly jwksUri?: string;
  /** Its public keys themselves: then nothing is ever fetched. */
  readonly jwks?: readonly JsonWebKey[];
  /** Origins besides its own at which its metadata may place the keys. */
  readonly jwksOrigins?: readonly string[];
}

/** Checks where the keys of a server are; a TypeError names the option at fault. @internal */
export function serverKeys(
  { jwks, jwksUri, jwksOrigins }: ServerKeyOptions,
  algorithms: readonly Algorithm[],
  document?: 'openid',
): KeysOfIssuer {
  const isAlone = [jwks, jwksUri, jwksOrigins].filter((given) => given !== undefined).length <= 1;
  checkOption(
    isAlone,
    'jwks',
    'be given alone, without jwksUri and jwksOrigins; so must each of these',
  );
  if (jwks !== undefined) {
    return Object.freeze({ from: 'configuration', store: staticKeys(jwks, algorithms) });
  }
  if (jwksUri !== undefined) {
    checkOption(isKeyUrl(jwksUri), 'jwksUri', 'be an https URL, or http on a loopback host');
    return Object.freeze({ from: 'jwks', url: jwksUri });
  }
  const origins = jwksOrigins ?? [];
  checkOption(
    origins.every((origin) => isKeyUrl(origin) && new URL(origin).origin === origin),
    'jwksOrigins',
    "be origins like 'https://keys.example'",
  );
  return Object.freeze({
    from: 'metadata',
    jwksOrigins: Object.freeze([...origins]),
    ...(document && { document }),
  });
}

/**
 * Our names for the clients of a server, checked.
 *
 * Without a prototype: a client called `__proto__` or `constructor` must have no name by accident.
 * @internal
 */
export function namesOfClients(
  callers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isNamed = ([id, name]: [string, unknown]) =>
    id !== '' && typeof name === 'string' && name !== '';
  checkOption(Object.entries(callers).every(isNamed), 'callers', 'map client ids to names');
  return Object.assign(Object.create(null) as Record<string, string>, callers);
}
