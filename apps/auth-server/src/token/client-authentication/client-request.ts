import { isIP } from 'node:net';

import { UnsupportedMediaTypeException } from '@nestjs/common';

import { networkOf } from '../limits/network-of.js';
import type { TokenLimits } from '../limits/token-limits.js';
import { parseForm, type FormParameters } from '../parse-form.js';
import { TokenError } from '../token-error.js';
import { certificateOf } from './client-certificate.js';
import type { CredentialFields } from './presented-credentials.js';

/** What is read of a request of the framework. */
export interface RawRequest {
  /** The address of the sender, as far as proxies are trusted to tell it. */
  readonly ip: string;
  readonly raw: {
    readonly url?: string | undefined;
    /** Names and values in turn, as they came. */
    readonly rawHeaders: readonly string[];
    readonly socket?: object;
  };
}

/** A request of a client that is not authenticated yet. */
export interface ClientRequest extends CredentialFields {
  /** For the audit. */
  readonly address: string;
  /** What counts as one sender. */
  readonly network: string;
  /** Every `DPoP` header field (RFC 9449 section 4.1). */
  readonly proofs: readonly string[];
}

/**
 * Reads a request of a client: its form, its credentials as they came, its address. Counts it.
 *
 * Throws 429 for an address that asks too much, `invalid_request` for anything in the query and for
 * a body that is no well-formed form.
 */
export function readClientRequest(
  request: RawRequest,
  body: unknown,
  limits: TokenLimits,
): ClientRequest {
  const { ip, raw } = request;
  const network = networkOf(ip);
  limits.admit(network);
  return {
    authorization: headersOf(raw.rawHeaders, 'authorization'),
    apiKey: headersOf(raw.rawHeaders, 'x-api-key'),
    proofs: headersOf(raw.rawHeaders, 'dpop'),
    certificate: () => certificateOf(raw.socket),
    form: limits.counted(network, () => {
      refuseQuery(raw.url);
      return readForm(body);
    }),
    address: addressOf(request),
    network,
  };
}

/** A form is handed on as its bytes; what is an object has been parsed as something else. */
function readForm(body: unknown): FormParameters {
  if (Buffer.isBuffer(body)) return parseForm(body);
  if (typeof body === 'object' && body !== null) throw new UnsupportedMediaTypeException();
  throw new TokenError('invalid_request', { reason: 'no form in the body' });
}

/** The address of the sender; what a trusted proxy passed on may be any text. */
export function addressOf({ ip }: Pick<RawRequest, 'ip'>): string {
  return isIP(ip) === 0 ? 'unknown' : ip;
}

/** Every field of this name: where one may stand only once, Node hides the second. */
function headersOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const field = rawHeaders[at];
    if (field?.length === name.length && field.toLowerCase() === name) {
      values.push(rawHeaders[at + 1] ?? '');
    }
  }
  return values;
}

/** Addresses end up in logs of proxies: nothing of a request may stand there, a fragment neither. */
function refuseQuery(url = ''): void {
  if (!url.includes('?') && !url.includes('#')) return;
  throw new TokenError('invalid_request', {
    reason: 'parameters in the query',
    description: 'Parameters belong into the body, never into the address',
  });
}
