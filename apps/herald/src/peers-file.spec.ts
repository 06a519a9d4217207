import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTestKey } from '@countersign/testing';

import { peersFile } from './peers-file.js';

describe('peersFile', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'peers-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const peer = {
    kind: 'servicePeer',
    name: 'another',
    issuer: 'https://another.example/',
    jwks: [createTestKey('ES256', 'one').jwk],
    mayAssert: ['notifications:send'],
    subjects: ['https://census.example/user/'],
    bound: 'body',
    singleUse: true,
  };
  const load = async (...trust: object[]) => {
    const path = join(directory, 'peers.json');
    await writeFile(path, JSON.stringify({ trust }));
    return peersFile(path).load();
  };

  it('takes services whose tokens are for one call', async () => {
    const request = { ...peer, name: 'third', issuer: 'https://third.example/', bound: 'request' };
    const names = (await load(peer, request)).map(({ name, bound }) => [name, bound]);
    expect(names).toEqual([
      ['another', 'body'],
      ['third', 'request'],
    ]);
  });

  it('takes a legacy service whose tokens cannot be told apart', async () => {
    const legacy = { ...peer, legacy: true, singleUse: false };
    expect(await load(legacy)).toMatchObject([{ profile: { name: 'legacy-service-token' } }]);
  });

  it.each<[string, object, string]>([
    ['whose tokens are good for anything', { ...peer, bound: undefined }, 'must be bound'],
    ['whose tokens may be used again', { ...peer, singleUse: false }, 'must be singleUse'],
    [
      'that is a server',
      { kind: 'authorizationServer', issuer: 'https://auth.example', name: 'auth' },
      'must be of kind servicePeer',
    ],
  ])('refuses one %s, and the file with it', async (_what, entry, message) => {
    await expect(load(peer, { ...entry, name: 'b' })).rejects.toThrow(message);
  });
});
