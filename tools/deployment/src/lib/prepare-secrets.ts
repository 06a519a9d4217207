import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTestCertificate, type TestCertificate } from '@countersign/testing';

/** Who speaks TLS. */
const hosts = ['auth-server', 'census', 'herald', 'mail'];
/** Who has a database. */
const services = ['auth-server', 'census', 'herald'];
/** Who keeps private keys in it. */
const signers = ['auth-server', 'herald'];

const lifetime = 90 * 86_400;

/**
 * Writes what `compose.yaml` mounts: passwords, keys, and certificates of an authority made for them,
 * whose own key is kept nowhere. Leaves alone what is there, and answers the names of what was not.
 *
 * The folder is for its owner only. The files in it are for everybody, since compose mounts them as they
 * are, and the users inside of the containers are others.
 * @internal
 */
export function prepareSecrets(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const written: string[] = [];
  const put = (name: string, make: () => string): string => {
    const path = join(folder, name);
    if (!existsSync(path)) {
      writeFileSync(path, `${make()}\n`, { flag: 'wx', mode: 0o444 });
      written.push(name);
    }
    return readFileSync(path, 'utf8').trimEnd();
  };
  if (!existsSync(join(folder, 'ca.crt'))) {
    // A run that was cut off left certificates whose authority is gone.
    for (const host of hosts)
      for (const kind of ['crt', 'key']) rmSync(join(folder, `${host}.${kind}`), { force: true });
    putCertificates(put);
  }
  put('postgres-password', secret);
  for (const service of services) {
    const password = put(`${service}-database-password`, secret);
    put(`${service}-database-url`, () => {
      return `postgresql://${service}:${password}@postgres:5432/${service}`;
    });
  }
  for (const service of signers) put(`${service}-key-encryption-key`, secret);
  return written;
}

function putCertificates(put: (name: string, make: () => string) => void): void {
  const by = createTestCertificate('authority.invalid', { lifetime });
  for (const host of hosts) {
    const { cert, key }: TestCertificate = createTestCertificate(host, { by, lifetime });
    put(`${host}.crt`, () => cert.trimEnd());
    put(`${host}.key`, () => key.trimEnd());
  }
  put('ca.crt', () => by.cert.trimEnd());
}

/** 256 random bits; what a key encryption key is, and every character fits into a URL. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}
