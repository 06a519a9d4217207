import type { RegistryRows } from './registry-rows.js';
import { Registry } from './registry.js';

const herald = 'https://herald.example/';
const census = 'https://census.example/';

const rows: RegistryRows = {
  version: 7,
  services: [
    { name: 'herald', audience: herald, scopes: ['send', 'read'], version: 3 },
    { name: 'census', audience: census, scopes: ['users:read'] },
  ],
  clients: [{ id: 'web', service: 'census', version: 5 }, { id: 'job' }],
  secrets: [
    { client: 'web', id: 's1', label: 'now', sha256: 'A'.repeat(43), expiresAt: new Date(90_500) },
    { client: 'job', id: 's2', label: 'now', sha256: 'B'.repeat(43), expiresAt: null },
  ],
  keys: [{ client: 'web', jwk: { kty: 'EC' } }],
  identities: [
    { client: 'web', issuer: 'cluster', subject: 'a b' },
    { client: 'job', issuer: 'cluster', subject: 'a b' },
    { client: 'job', issuer: 'cluster', subject: 'c' },
  ],
  grants: [
    { client: 'web', service: 'herald', scopes: ['send', 'withdrawn'], subjects: [census] },
    { client: 'web', service: 'gone', scopes: ['send'], subjects: [] },
    { client: 'job', service: 'census', scopes: ['users:read'], subjects: [] },
  ],
  edges: [
    { client: 'web', source: 'census', target: 'herald', scopes: ['read', 'withdrawn'] },
    { client: 'web', source: 'gone', target: 'herald', scopes: ['read'] },
    { client: 'web', source: 'census', target: 'gone', scopes: ['read'] },
  ],
  issuers: [
    {
      name: 'cluster',
      kind: 'workloads',
      issuer: 'https://cluster.example',
      jwksUri: 'https://cluster.example/keys',
      algorithms: ['RS256'],
      maxLifetime: 3600,
    },
  ],
};
const none = { services: [], clients: [], removed: [] };

describe('Registry', () => {
  const registry = Registry.from(rows);

  it('finds services and issuers by what tokens say, and by name', () => {
    expect(registry.service(herald)).toBe(registry.serviceNamed('herald'));
    expect(registry.service(herald)).toMatchObject({ tokenLifetime: undefined, version: 3 });
    expect(registry.issuer('https://cluster.example')).toBe(registry.issuerNamed('cluster'));
    expect(registry.issuerNamed('cluster')?.keys).toEqual({
      jwksUri: 'https://cluster.example/keys',
    });
    expect(registry).toMatchObject({ version: 7, size: 2 });
    expect(
      [registry.services, registry.clients, registry.issuers].map((all) => all.length),
    ).toEqual([2, 2, 1]);
  });

  it.each(['__proto__', 'constructor', 'toString', '', 'WEB', 'web '])(
    'knows nothing named "%s"',
    (name) => {
      expect(registry.find(name)).toBeUndefined();
      expect(registry.service(name)).toBeUndefined();
      expect(registry.serviceNamed(name)).toBeUndefined();
      expect(registry.issuer(name)).toBeUndefined();
      expect(registry.clientsOf({ issuer: name, subject: name })).toEqual([]);
    },
  );

  it('lets nobody have more than a service offers, nor anything of one that is gone', () => {
    const web = registry.find('web');
    expect([...(web?.grants.keys() ?? [])]).toEqual([herald]);
    expect(web?.grants.get(herald)?.scopes).toEqual(['send']);
    expect(web?.edges).toEqual([
      {
        source: census,
        target: herald,
        scopes: ['read'],
        impersonation: false,
        expiresAt: undefined,
        reason: '',
      },
    ]);
  });

  it('keeps times in seconds', () => {
    expect(registry.find('web')?.secrets[0]).toMatchObject({ id: 's1', expiresAt: 90.5 });
    expect(registry.find('job')?.secrets[0]?.expiresAt).toBeUndefined();
  });

  it('finds every client that a workload is', () => {
    const ids = (subject: string) =>
      registry.clientsOf({ issuer: 'cluster', subject }).map(({ id }) => id);
    expect(ids('a b')).toEqual(['web', 'job']);
    expect(ids('c')).toEqual(['job']);
    expect(ids('a')).toEqual([]);
  });

  describe('after changes', () => {
    it('makes anew only what changed, and leaves the old snapshot as it was', () => {
      const changed = registry.with({
        ...none,
        version: 8,
        clients: [{ id: 'job', version: 8 }],
      });
      expect(changed.find('job')).toMatchObject({ version: 8, secrets: [], grants: new Map() });
      expect(changed.find('web')).toBe(registry.find('web'));
      expect(changed.clientsOf({ issuer: 'cluster', subject: 'c' })).toEqual([]);
      expect(changed.version).toBe(8);
      expect(registry.find('job')?.secrets).toHaveLength(1);
    });

    it('makes clients anew whose service changed', () => {
      const service = { name: 'herald', audience: 'https://h.example/', scopes: ['withdrawn'] };
      const changed = registry.with({ ...none, services: [service] });
      expect(changed.service(herald)).toBeUndefined();
      expect(changed.find('web')?.grants.get('https://h.example/')?.scopes).toEqual(['withdrawn']);
      expect(changed.find('web')?.edges[0]?.scopes).toEqual(['withdrawn']);
      expect(changed.find('job')).toBe(registry.find('job'));
    });

    it('gives what waited for a service once that is there', () => {
      const service = { name: 'gone', audience: 'https://gone.example/', scopes: ['send', 'read'] };
      const web = registry.with({ ...none, services: [service] }).find('web');
      expect(web?.grants.size).toBe(2);
      expect(web?.edges).toHaveLength(3);
    });

    it('forgets what was removed', () => {
      const changed = registry.with({
        ...none,
        removed: [
          { kind: 'client', name: 'web' },
          { kind: 'service', name: 'census' },
          { kind: 'issuer', name: 'cluster' },
          { kind: 'client', name: 'never was' },
        ],
      });
      expect(changed.find('web')).toBeUndefined();
      expect(changed.find('job')?.grants.size).toBe(0);
      expect(changed.service(census)).toBeUndefined();
      expect(changed.issuers).toEqual([]);
    });

    it('is what reading everything would give, for random changes', () => {
      let seed = 1;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      const pick = <Item>(items: readonly Item[]) => items[random(items.length)] as Item;
      const names = ['a', 'b', 'c'];
      let state = new Map<string, RegistryRows>();
      let live = Registry.from({ services: [], clients: [] });
      for (let version = 1; version <= 300; version += 1) {
        const kind = pick(['service', 'client'] as const);
        const name = pick(names);
        const key = `${kind} ${name}`;
        state = new Map(state);
        if (random(4) === 0) {
          state.delete(key);
          live = live.with({ ...none, version, removed: [{ kind, name }] });
        } else {
          const part: RegistryRows =
            kind === 'service'
              ? {
                  services: [{ name, audience: `https://${name}.example/`, scopes: [pick(names)] }],
                  clients: [],
                }
              : {
                  services: [],
                  clients: [{ id: name, version }],
                  grants: [{ client: name, service: pick(names), scopes: names, subjects: [] }],
                  edges: [
                    { client: name, source: pick(names), target: pick(names), scopes: names },
                  ],
                };
          state.set(key, part);
          live = live.with({ ...part, version, removed: [] });
        }
        const whole = Registry.from({
          version,
          services: [...state.values()].flatMap((part) => part.services),
          clients: [...state.values()].flatMap((part) => part.clients),
          grants: [...state.values()].flatMap((part) => part.grants ?? []),
          edges: [...state.values()].flatMap((part) => part.edges ?? []),
        });
        expect(live).toEqual(whole);
      }
    });
  });
});
