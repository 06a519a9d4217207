import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';

import { certificateThumbprint } from '@countersign/token';

/** The certificate that a client's TLS connection has proven it holds the key of. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** `x5t#S256` (RFC 8705 section 3.1). */
  readonly thumbprint: string;
  /** Whether an authority that this server was told of vouches for it. */
  readonly isVerified: boolean;
}

/**
 * The certificate of a connection; undefined for one without, and for plain HTTP. From the socket
 * alone: no header says who a client is, whoever has set it.
 */
export function certificateOf(socket: unknown): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) return undefined;
  return { x509, thumbprint: certificateThumbprint(x509.raw), isVerified: socket.authorized };
}
