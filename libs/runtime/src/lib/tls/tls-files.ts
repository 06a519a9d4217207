import { createPrivateKey, X509Certificate, constants, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

import { ConfigError } from '../config/config-error.js';
import { clientCertificatesOf, tlsProblems, type TlsConfig } from './tls-config.js';

/** Certificate, key and authorities as they lie in their files, checked. @internal */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

/**
 * Reads what an app ends TLS with; undefined when it speaks plain HTTP. Refuses (ConfigError, every
 * problem at once and none of the contents) variables that do not fit together, files that cannot be
 * read or hold something else, and a key that is not the certificate's.
 * @internal
 */
export async function readTlsFiles(config: TlsConfig): Promise<TlsFiles | undefined> {
  const problems = tlsProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = config;
  if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined;
  const [cert, key, ca] = await allOf([
    readPem('TLS_CERT_FILE', TLS_CERT_FILE),
    readPem('TLS_KEY_FILE', TLS_KEY_FILE),
    TLS_CLIENT_CA_FILE === undefined
      ? undefined
      : readPem('TLS_CLIENT_CA_FILE', TLS_CLIENT_CA_FILE),
  ]);
  const files: TlsFiles = { cert: cert ?? '', key: key ?? '', ca };
  refuseUnusable(files);
  return files;
}

/** Waits for all of them, so that every problem is told at once. */
async function allOf(
  reads: readonly (Promise<string> | undefined)[],
): Promise<readonly (string | undefined)[]> {
  const results = await Promise.allSettled(reads);
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as ConfigError] : [],
  );
  if (failures.length > 0) throw new ConfigError(failures.flatMap(({ problems }) => problems));
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
}

async function readPem(name: keyof TlsConfig, path: string): Promise<string> {
  return readFile(path, 'latin1').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError([`${name}: cannot be read (${cause.code ?? 'unknown error'})`], {
      cause,
    });
  });
}

function refuseUnusable(files: TlsFiles): void {
  const { cert, key, ca } = files;
  const certificate = attempt(() => certificatesIn(cert)[0]);
  const privateKey = attempt(() => createPrivateKey(key));
  const problems = [
    ...(certificate ? [] : ['TLS_CERT_FILE: holds no PEM certificates']),
    ...(privateKey ? [] : ['TLS_KEY_FILE: holds no PEM private key without a passphrase']),
    ...(ca === undefined || attempt(() => certificatesIn(ca)[0])
      ? []
      : ['TLS_CLIENT_CA_FILE: holds no PEM certificates']),
    ...(certificate && privateKey ? pairProblems(certificate, privateKey, files) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

function pairProblems(cert: X509Certificate, key: KeyObject, files: TlsFiles): readonly string[] {
  if (!cert.checkPrivateKey(key)) {
    return ['TLS_KEY_FILE: is not the key of the certificate in TLS_CERT_FILE'];
  }
  // What OpenSSL finds too weak, for one.
  const isUsable = attempt(() => createSecureContext(secureContextOf(files, false)));
  return isUsable ? [] : ['TLS_CERT_FILE: cannot be used with its key and TLS_CLIENT_CA_FILE'];
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * What connections are made with. Without authorities nobody is believed, instead of the public ones.
 * Where certificates count, none is taken from an earlier connection: a resumed one repeats what was
 * found then, whatever has changed since.
 * @internal
 */
export function secureContextOf(
  { cert, key, ca }: TlsFiles,
  areCertificatesRequested: boolean,
): SecureContextOptions {
  const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants;
  return {
    cert,
    key,
    ca: ca ?? [],
    minVersion: 'TLSv1.2',
    secureOptions: SSL_OP_NO_RENEGOTIATION | (areCertificatesRequested ? SSL_OP_NO_TICKET : 0),
  };
}

/** What an https server of this app is made with. @internal */
export function tlsOptionsOf(config: TlsConfig, files: TlsFiles) {
  const { areRequested } = clientCertificatesOf(config);
  return {
    ...secureContextOf(files, areRequested),
    requestCert: areRequested,
    // A route that needs a certificate asks for it; all others are for everybody.
    rejectUnauthorized: false,
  };
}
