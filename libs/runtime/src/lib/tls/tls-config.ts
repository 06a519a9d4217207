import { z } from 'zod';

/** The variables of an app that ends TLS itself. @internal */
export const tlsConfig = {
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'PEM certificate chain of this app, its own certificate first; with `TLS_KEY_FILE` the app speaks https only. Read again when it changes.',
    ),
  TLS_KEY_FILE: z
    .string()
    .optional()
    .describe('PEM private key of that certificate, without a passphrase.'),
  TLS_CLIENT_CERTIFICATES: z
    .enum(['request', 'off'], { error: 'must be request or off' })
    .optional()
    .describe(
      '`request` asks every client for a certificate, and lets those without one connect; by default so with `TLS_CLIENT_CA_FILE`, else `off`.',
    ),
  TLS_CLIENT_CA_FILE: z
    .string()
    .optional()
    .describe(
      'PEM certificates of who may vouch for the certificates of clients; no other authority is believed.',
    ),
};

/** What these variables say. @internal */
export interface TlsConfig {
  readonly PUBLIC_URL: string;
  readonly TLS_CERT_FILE?: string | undefined;
  readonly TLS_KEY_FILE?: string | undefined;
  readonly TLS_CLIENT_CERTIFICATES?: 'request' | 'off' | undefined;
  readonly TLS_CLIENT_CA_FILE?: string | undefined;
}

/** How clients can prove themselves by a certificate. @publicApi */
export interface ClientCertificates {
  /** Whether clients are asked for one; any may come, also one that nobody vouches for. */
  readonly areRequested: boolean;
  /** Whether there is an authority whose certificates are believed. */
  readonly areVerified: boolean;
}

/** What an app asks of the certificates of its clients. @publicApi */
export function clientCertificatesOf(config: TlsConfig): ClientCertificates {
  const areVerified = config.TLS_CLIENT_CA_FILE !== undefined;
  const asked = config.TLS_CLIENT_CERTIFICATES ?? (areVerified ? 'request' : 'off');
  return { areRequested: asked === 'request', areVerified };
}

/**
 * What does not fit together in these variables; whatever is in the files is not looked at.
 * @internal
 */
export function tlsProblems(config: TlsConfig): readonly string[] {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: ca } = config;
  const problems: string[] = [];
  const refuse = (name: keyof TlsConfig, problem: string) => problems.push(`${name}: ${problem}`);
  if (cert === undefined && key !== undefined)
    refuse('TLS_CERT_FILE', 'is required with TLS_KEY_FILE');
  if (cert !== undefined && key === undefined)
    refuse('TLS_KEY_FILE', 'is required with TLS_CERT_FILE');
  if (cert === undefined) {
    const needed = 'needs TLS_CERT_FILE and TLS_KEY_FILE';
    if (ca !== undefined) refuse('TLS_CLIENT_CA_FILE', needed);
    if (config.TLS_CLIENT_CERTIFICATES === 'request') refuse('TLS_CLIENT_CERTIFICATES', needed);
  }
  if (ca !== undefined && config.TLS_CLIENT_CERTIFICATES === 'off') {
    refuse('TLS_CLIENT_CA_FILE', 'is of no use with TLS_CLIENT_CERTIFICATES=off');
  }
  if (cert !== undefined && !config.PUBLIC_URL.startsWith('https:')) {
    refuse('PUBLIC_URL', 'must be an https URL with TLS_CERT_FILE');
  }
  return problems;
}
