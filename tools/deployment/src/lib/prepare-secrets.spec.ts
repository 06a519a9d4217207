import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { prepareSecrets } from './prepare-secrets.js';

describe('prepareSecrets', () => {
  const parent = mkdtempSync(join(tmpdir(), 'prepare-secrets-'));
  const folder = join(parent, 'secrets');
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const contents = (): string[] => readdirSync(folder).map((name) => `${name} ${read(name)}`);

  beforeAll(() => {
    prepareSecrets(folder);
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  it('keeps others on this machine out', () => {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('changes nothing of what is complete', () => {
    const before = contents();
    expect(prepareSecrets(folder)).toEqual([]);
    expect(contents()).toEqual(before);
  });

  it('writes again what is missing, and nothing else', () => {
    rmSync(join(folder, 'herald-key-encryption-key'));
    expect(prepareSecrets(folder)).toEqual(['herald-key-encryption-key']);
  });

  it('makes all certificates anew when their authority is gone', () => {
    rmSync(join(folder, 'ca.crt'));
    prepareSecrets(folder);
    const authority = new X509Certificate(read('ca.crt'));
    for (const host of ['auth-server', 'census', 'herald', 'mail']) {
      const certificate = new X509Certificate(read(`${host}.crt`));
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.checkHost(host)).toBe(host);
    }
  });

  it('makes no service an authority: whoever takes its key speaks for that service alone', () => {
    const isAuthority = (name: string) => new X509Certificate(read(`${name}.crt`)).ca;
    expect(['ca', 'auth-server', 'census', 'herald', 'mail'].map(isAuthority)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('makes secrets of 256 bits, each another', () => {
    const secrets = readdirSync(folder)
      .filter((name) => /password$|key$/.test(name) && !name.endsWith('.key'))
      .map((name) => read(name).trim());
    expect(new Set(secrets).size).toBe(6);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  it('writes each password into its own database URL', () => {
    const password = read('census-database-password').trim();
    expect(read('census-database-url')).toBe(
      `postgresql://census:${password}@postgres:5432/census\n`,
    );
  });
});
