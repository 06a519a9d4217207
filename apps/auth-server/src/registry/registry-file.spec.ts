import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readRegistryFile } from './registry-file.js';

const sha256 = 'A'.repeat(43);
const service = {
  name: 'herald',
  audience: 'https://herald.example/',
  scopes: ['notifications:send'],
};
const grant = { service: 'herald', scopes: ['notifications:send'] };
const client = { id: 'demo-web', secrets: [{ label: 'demo', sha256 }], grants: [grant] };

describe('readRegistryFile', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'registry-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const read = (content: unknown) => {
    const path = join(root, 'registry.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readRegistryFile(path);
  };

  it('reads services and clients', async () => {
    const file = await read({ services: [service], clients: [client] });
    expect(file).toEqual({
      services: [service],
      clients: [
        {
          ...client,
          algorithms: [],
          dpopBoundAccessTokens: false,
          certificateBoundAccessTokens: false,
          identities: [],
          grants: [{ ...grant, subjects: [], reason: '' }],
          onBehalfOf: [],
        },
      ],
      issuers: [],
    });
  });

  it('gives a client without secrets none: what is listed is replaced whole', async () => {
    const { clients } = await read({ services: [], clients: [{ id: 'web' }] });
    expect(clients).toMatchObject([{ id: 'web', secrets: [], grants: [] }]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not strict JSON/],
    ['a duplicate member', '{"services":[],"services":[],"clients":[]}', /not strict JSON/],
    ['no clients', { services: [] }, /clients/],
    ['a member it does not know', { services: [], clients: [], admins: [] }, /admins/],
    [
      'a plain secret',
      { services: [], clients: [{ ...client, secrets: [{ label: 'a', secret: 'b' }] }] },
      /secrets\.0/,
    ],
    [
      'a digest in hexadecimal',
      { services: [], clients: [{ ...client, secrets: [{ label: 'a', sha256: 'a'.repeat(64) }] }] },
      /sha256/,
    ],
    [
      'a client that is a URI',
      { services: [], clients: [{ ...client, id: 'https://herald.example/' }] },
      /clients\.0\.id/,
    ],
    [
      'a client twice',
      { services: [service], clients: [client, client] },
      /clients\.1\.id: is there twice/,
    ],
    [
      'a service twice',
      { services: [service, service], clients: [] },
      /services\.1\.name: is there twice/,
    ],
    [
      'an audience twice',
      { services: [service, { ...service, name: 'other' }], clients: [] },
      /services\.1\.audience/,
    ],
    [
      'a label twice',
      { services: [], clients: [{ ...client, secrets: [client.secrets[0], client.secrets[0]] }] },
      /secrets\.1\.label/,
    ],
    [
      'an audience that is not canonical',
      { services: [{ ...service, audience: 'https://HERALD.example/' }], clients: [] },
      /audience/,
    ],
    [
      'a scope with a space',
      { services: [{ ...service, scopes: ['a b'] }], clients: [] },
      /scopes/,
    ],
    [
      'a grant of nothing',
      { services: [service], clients: [{ ...client, grants: [{ ...grant, scopes: [] }] }] },
      /scopes/,
    ],
    [
      'a subject without its slash',
      {
        services: [service],
        clients: [{ ...client, grants: [{ ...grant, subjects: ['https://census.example/user'] }] }],
      },
      /subjects/,
    ],
  ])('refuses %s', async (_what, content, problem) => {
    await expect(read(content)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(problem),
    });
  });

  it('names all problems at once and prints no digest', async () => {
    const content = {
      services: [{ ...service, audience: 'herald' }],
      clients: [{ ...client, id: ' ' }],
    };
    const error = await read(content).catch((refusal: Error) => refusal);
    expect(error).toMatchObject({ problems: [expect.any(String), expect.any(String)] });
    expect((error as Error).message).not.toContain(sha256);
  });

  it('refuses a file that is not there', async () => {
    await expect(readRegistryFile(join(root, 'none.json'))).rejects.toThrow('cannot be read');
  });
});
