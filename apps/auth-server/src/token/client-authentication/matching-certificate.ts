import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';

import type { Client } from '../../registry/registry.js';
import type { CertificateNames } from '../../registry/registry-rows.js';
import { comparableName, comparableSubject } from '../../registry/documents/distinguished-name.js';
import { alternativeNames } from './alternative-names.js';
import type { ClientCertificate } from './client-certificate.js';

/** A certificate by which a client is recognised, and whether it holds now. */
export interface MatchingCertificate {
  /** Its thumbprint, for the audit. */
  readonly id: string;
  readonly method: 'tls_client_auth' | 'self_signed_tls_client_auth';
  readonly isLive: boolean;
}

/**
 * Whether a certificate is the one a client has registered (RFC 8705 section 2): by a name in it if an
 * authority vouches for it, otherwise by itself or its key.
 *
 * Undefined for another one, and for a name that nobody vouches for: anybody can write that.
 */
export function matchingCertificate(
  client: Client | undefined,
  { x509, thumbprint, isVerified }: ClientCertificate,
  now: number,
): MatchingCertificate | undefined {
  if (!client?.certificate) return undefined;
  const { certificate } = client;
  const found = { id: thumbprint, isLive: isWithin(x509, now) };
  if (isVerified && isNamed(certificate, x509)) return { ...found, method: 'tls_client_auth' };
  const isItself =
    certificate.thumbprints?.includes(thumbprint) === true ||
    (certificate.keys === true && isOfKey(client, x509));
  return isItself ? { ...found, method: 'self_signed_tls_client_auth' } : undefined;
}

function isNamed({ subject, dns, uri }: CertificateNames, x509: X509Certificate): boolean {
  if (subject !== undefined) {
    const name = comparableName(subject);
    return name !== undefined && name === comparableSubject(x509.subject);
  }
  const names = (type: string) => alternativeNames(x509.subjectAltName ?? '', type);
  if (dns !== undefined) return names('DNS').some((name) => name.toLowerCase() === dns);
  return uri !== undefined && names('URI').includes(uri);
}

function isOfKey({ keys }: Client, x509: X509Certificate): boolean {
  if (keys === undefined || !('jwks' in keys)) return false;
  const shown = bytesOf(x509.publicKey);
  return keys.jwks.some((key) => bytesOf(createPublicKey({ key, format: 'jwk' })).equals(shown));
}

/** `KeyObject.equals` throws where one key is of another type than the other. */
function bytesOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** Of one that nobody vouches for, no handshake has looked at the times; connections outlive both. */
function isWithin({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) / 1000 <= now && now < Date.parse(validTo) / 1000;
}
