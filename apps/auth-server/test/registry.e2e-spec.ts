import { Versions, versionsMigrations } from '@countersign/runtime';
import { openDatabase, type Database } from '@countersign/storage';
import { systemClock } from '@countersign/token';

import { RegistryRepository } from '../src/registry/registry.repository.js';
import type { RegistryFile } from '../src/registry/registry-file.js';
import { registryMigrations } from '../src/registry/registry.tables.js';

const audience = 'https://herald.example/';
const file = (change: Partial<RegistryFile> = {}): RegistryFile => ({
  services: [{ name: 'herald', audience, scopes: ['send', 'read'] }],
  clients: [
    {
      id: 'web',
      secrets: [
        { label: 'a', sha256: 'A'.repeat(43) },
        { label: 'b', sha256: 'B'.repeat(43), expires: '2026-01-01T00:00:00Z' },
      ],
      grants: [{ service: 'herald', scopes: ['send'], subjects: ['https://census.example/user/'] }],
    },
  ],
  ...change,
});

describe('RegistryRepository', () => {
  let database: Database;
  let repository: RegistryRepository;
  beforeAll(async () => {
    database = await openDatabase({ migrations: [versionsMigrations, registryMigrations] });
    repository = new RegistryRepository(database, new Versions(database, systemClock));
  }, 60_000);
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.execute('delete from clients; delete from services');
  });

  it('keeps what a file says', async () => {
    await repository.apply(file());
    const client = (await repository.load()).find('web');
    expect(client?.secrets).toEqual([
      { id: expect.any(String), label: 'a', digest: Buffer.alloc(32), expiresAt: undefined },
      {
        id: expect.any(String),
        label: 'b',
        digest: Buffer.from('B'.repeat(43), 'base64url'),
        expiresAt: 1_767_225_600,
      },
    ]);
    expect(client?.grants.get(audience)).toEqual({
      audience,
      scopes: ['send'],
      subjects: ['https://census.example/user/'],
      expiresAt: undefined,
      reason: '',
    });
  });

  it('changes nothing when it is applied again', async () => {
    await repository.apply(file());
    const first = await repository.load();
    await repository.apply(file());
    const [before, after] = [first.find('web'), (await repository.load()).find('web')];
    expect(after?.grants).toEqual(before?.grants);
    expect(after?.secrets).toHaveLength(2);
  });

  it('replaces what a listed client holds, and leaves others alone', async () => {
    await repository.apply(file());
    const clients = [{ id: 'job', secrets: [], grants: [] }];
    await repository.apply(file({ clients }));
    await repository.apply(file({ clients: [{ id: 'web', secrets: [], grants: [] }] }));
    const registry = await repository.load();
    expect(registry.size).toBe(2);
    expect(registry.find('web')).toMatchObject({ id: 'web', secrets: [], grants: new Map() });
  });

  it('takes a scope from its holders when the service loses it', async () => {
    await repository.apply(file());
    await repository.apply({
      services: [{ name: 'herald', audience, scopes: ['read'] }],
      clients: [],
    });
    expect((await repository.load()).find('web')?.grants.get(audience)?.scopes).toEqual([]);
  });

  it('lets two services exchange their audiences', async () => {
    const services = (one: string, two: string) => [
      { name: 'herald', audience: one, scopes: ['send'] },
      { name: 'census', audience: two, scopes: ['read'] },
    ];
    await repository.apply({ services: services(audience, 'https://b.example/'), clients: [] });
    await repository.apply(file({ services: services('https://b.example/', audience) }));
    expect((await repository.load()).find('web')?.grants.has('https://b.example/')).toBe(true);
  });

  it('refuses an audience that a service outside the file has, and keeps what was', async () => {
    await repository.apply(file());
    const posing = { name: 'posing', audience, scopes: ['send'] };
    await expect(repository.apply({ services: [posing], clients: [] })).rejects.toThrow(
      'services herald and posing have one audience',
    );
    expect((await repository.load()).find('web')?.grants.get(audience)).toBeDefined();
  });

  it.each([
    ['a service that does not exist', 'census', ['send'], 'service census does not exist'],
    ['a scope that does not exist', 'herald', ['fly'], 'service herald has no scope fly'],
  ])('refuses a grant for %s, and keeps what was', async (_what, service, scopes, problem) => {
    await repository.apply(file());
    const clients = [{ id: 'web', secrets: [], grants: [{ service, scopes, subjects: [] }] }];
    await expect(repository.apply(file({ clients }))).rejects.toThrow(problem);
    expect((await repository.load()).find('web')?.secrets).toHaveLength(2);
  });
});
