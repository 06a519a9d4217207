import { sameText, type Json, type JsonObject } from '@countersign/token';

import { UnfitToken } from '../assertions/unfit-token.js';
import type { Sender } from './sender.js';

/** What a token is bound to, as its `cnf` says (RFC 9449 section 6.1, RFC 8705 section 3.1). */
export type Confirmation = {
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
};

/**
 * What a verified token is bound to, if its sender holds that; undefined for one that is bound to
 * nothing. A token within a request is nobody else's to turn into another one: who has found it has
 * not its key.
 *
 * Throws UnfitToken where the sender has not shown the key or the certificate, and for a `cnf` that
 * names anything else: nobody could show that here.
 */
export function heldConfirmation(claims: JsonObject, sender: Sender): Confirmation | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined;
  const cnf = claims['cnf'];
  if (!isObject(cnf)) throw new UnfitToken('cnf is no object');
  const names = Object.keys(cnf);
  const isKnown = names.every((name) => name === 'jkt' || name === 'x5t#S256');
  if (names.length === 0 || !isKnown) throw new UnfitToken('bound in a way that is not known here');
  const { jkt, 'x5t#S256': thumbprint } = cnf;
  if (jkt !== undefined && !isSame(jkt, sender.jkt)) {
    throw new UnfitToken('bound to a key that was not shown');
  }
  if (thumbprint !== undefined && !isSame(thumbprint, sender.thumbprint())) {
    throw new UnfitToken('bound to a certificate that was not shown');
  }
  return cnf as Confirmation;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(bound: Json, shown: string | undefined): boolean {
  return typeof bound === 'string' && shown !== undefined && sameText(bound, shown);
}
