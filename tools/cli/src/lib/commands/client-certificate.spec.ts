import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTestCertificate } from '@countersign/testing';

import type { Terminal } from '../terminal.js';
import { certificateChanges } from './client-certificate.js';

describe('certificateChanges', () => {
  const terminal = { stdin: process.stdin } as unknown as Terminal;
  const changes = (options: object) => certificateChanges(options, terminal);
  const { cert } = createTestCertificate();
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cli-certificate-'));
    writeFileSync(join(directory, 'one.pem'), cert);
    writeFileSync(join(directory, 'none.pem'), 'nothing');
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => `file=${join(directory, name)}`;

  it.each([
    [{}, {}],
    [{ certificate: false }, { certificate: undefined }],
    [{ certificate: ['keys'] }, { certificate: { keys: true } }],
    [{ certificate: ['subject=CN=a,O=b'] }, { certificate: { subject: 'CN=a,O=b' } }],
    [{ certificate: ['uri=spiffe://a/b'] }, { certificate: { uri: 'spiffe://a/b' } }],
    [{ bind: ['none'] }, { dpopBoundAccessTokens: false, certificateBoundAccessTokens: false }],
    [{ bind: ['dpop'] }, { dpopBoundAccessTokens: true, certificateBoundAccessTokens: false }],
  ])('reads %j', async (options, expected) => {
    expect(await changes(options)).toStrictEqual(expected);
  });

  it('takes the thumbprint of a file', async () => {
    const { raw } = new X509Certificate(cert);
    const thumbprints = [createHash('sha256').update(raw).digest('base64url')];
    expect(await changes({ certificate: [file('one.pem')] })).toEqual({
      certificate: { thumbprints },
    });
  });

  it.each([
    ['two names', () => ['dns=a', 'dns=b'], 'usage'],
    ['a name and a file', () => ['dns=a', file('one.pem')], 'usage'],
    ['no form', () => ['web'], 'usage'],
    ['a file that holds none', () => [file('none.pem')], 'configuration'],
    ['a file that is not there', () => [file('gone.pem')], 'configuration'],
  ])('refuses %s', async (_what, certificate, kind) => {
    await expect(changes({ certificate: certificate() })).rejects.toMatchObject({ kind });
  });

  it.each([['none', 'dpop'], ['rope']])('refuses to bind to %s', async (...bind) => {
    await expect(changes({ bind })).rejects.toMatchObject({ kind: 'usage' });
  });
});
