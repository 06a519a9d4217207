import { Versions, versionsMigrations } from '@countersign/runtime';
import type { Database, Migrations } from '@countersign/storage';
import { generateSigningKey } from '@countersign/token';
import { testClock, until } from '@countersign/testing';

import { AuditStore } from '../../src/audit/audit-store.js';
import { auditMigrations } from '../../src/audit/audit.table.js';
import { LiveRegistry } from '../../src/registry/live-registry.js';
import { RegistryStore } from '../../src/registry/registry-store.js';
import { registryMigrations } from '../../src/registry/registry.tables.js';
import { SecretUses } from '../../src/registry/secret-uses.js';
import { digestOf } from '../../src/registry/secret.js';
import { readRegistry } from '../../src/registry/read-registry.js';
import { Registry } from '../../src/registry/registry.js';
import { aRegistryFile, herald, issuer, sha256, users } from '../a-registry-file.js';

/** Opens an empty database with these migrations. */
export type OpenDatabase = (migrations: readonly Migrations[]) => Promise<Database>;

const census = 'https://census.example/';
const admin = { name: 'admin-cli', address: '192.0.2.7' };

/** The rules of the registry, on whatever database `open` opens. */
export function registryContract(open: OpenDatabase): void {
  let database: Database;
  let audit: AuditStore;
  let replicas: Replica[];
  const clock = testClock();

  interface Replica {
    readonly versions: Versions;
    readonly store: RegistryStore;
    readonly live: LiveRegistry;
  }

  /** A process of its own, as far as the registry can tell; it hears, and hardly polls. */
  const aReplica = (of: Database = database): Replica => {
    const versions = new Versions(of, clock, { pollEvery: 600_000 });
    const store = new RegistryStore(of, versions, { ownIssuer: issuer, clock, audit });
    const replica = { versions, store, live: new LiveRegistry(of, versions, clock) };
    replicas.push(replica);
    return replica;
  };
  const started = async (of?: Database) => {
    const replica = aReplica(of);
    await replica.live.start();
    return replica;
  };
  /** A replica that hears nothing: it learns what it asks for. */
  const deaf = () => started({ ...database, listen: async () => async () => undefined });
  const load = async ({ versions }: Replica) =>
    Registry.from(await readRegistry(database, versions));
  const events = async () => {
    const { events: found } = await audit.find({ event: 'registry.changed', limit: 200 });
    return [...found].reverse();
  };

  beforeAll(async () => {
    database = await open([versionsMigrations, registryMigrations, auditMigrations]);
    audit = new AuditStore(database);
  }, 120_000);
  afterAll(() => database.close());
  beforeEach(async () => {
    replicas = [];
    await database.execute(
      `delete from clients; delete from services; delete from issuers;
       delete from registry_tombstones; update versions set version = version + 1;`,
    );
    await aReplica().store.putBuiltInServices();
  });
  afterEach(async () => {
    for (const { versions } of replicas) await versions.onApplicationShutdown();
  });

  describe('the registry file', () => {
    it('is kept', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const registry = await load(replica);
      expect(registry.find('web')).toEqual({
        id: 'web',
        version: registry.version,
        service: undefined,
        secrets: [
          { id: expect.any(String), label: 'a', digest: Buffer.alloc(32), expiresAt: undefined },
          {
            id: expect.any(String),
            label: 'b',
            digest: Buffer.from(sha256('b'), 'base64url'),
            expiresAt: 1_798_761_600,
          },
        ],
        keys: undefined,
        algorithms: [],
        certificate: undefined,
        dpopBoundAccessTokens: false,
        certificateBoundAccessTokens: false,
        identities: [],
        grants: new Map([
          [
            herald,
            {
              audience: herald,
              scopes: ['send'],
              subjects: [users],
              expiresAt: undefined,
              reason: '',
            },
          ],
        ]),
        edges: [],
      });
    });

    it('changes nothing when it is applied again', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const first = await load(replica);
      await replica.store.apply(aRegistryFile());
      expect(await load(replica)).toEqual(first);
    });

    it('is the same whatever the order of what it lists', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const before = await load(replica);
      const { clients, ...file } = aRegistryFile();
      const [web, ...others] = clients;
      const turned = { ...web!, secrets: [...web!.secrets].reverse() };
      await replica.store.apply({ ...file, clients: [...others, turned] });
      expect((await load(replica)).version).toBe(before.version);
    });

    it('replaces what a listed client holds, and leaves others alone', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      await replica.store.apply(aRegistryFile({ services: [], clients: [{ id: 'job' }] }));
      await replica.store.apply(aRegistryFile({ services: [], clients: [{ id: 'web' }] }));
      const registry = await load(replica);
      expect(registry.size).toBe(2);
      expect(registry.find('web')).toMatchObject({ secrets: [], grants: new Map() });
    });

    it('keeps id and last use of a secret that stays', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const before = (await load(replica)).find('web')!.secrets;
      await database.execute('update client_secrets set last_used_at = now()');
      const file = aRegistryFile();
      file.clients[0]!.secrets[1]!.sha256 = sha256('replaced');
      await replica.store.apply(file);
      const after = (await load(replica)).find('web')!.secrets;
      expect(after[0]).toEqual(before[0]);
      expect(after[1]!.id).not.toBe(before[1]!.id);
      const kept = await replica.store.findClient('web');
      expect(kept?.secrets.map(({ lastUsedAt }) => lastUsedAt === undefined)).toEqual([
        false,
        true,
      ]);
    });

    it('takes a scope from its holders when the service loses it', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const services = [{ name: 'herald', audience: herald, scopes: ['read'] }];
      await replica.store.apply(aRegistryFile({ services, clients: [] }));
      expect((await load(replica)).find('web')?.grants.get(herald)?.scopes).toEqual([]);
    });

    it('lets two services exchange their audiences', async () => {
      const replica = aReplica();
      const services = (one: string, two: string) => [
        { name: 'herald', audience: one, scopes: ['send'] },
        { name: 'census', audience: two, scopes: ['read'] },
      ];
      await replica.store.apply(aRegistryFile({ services: services(herald, census) }));
      await replica.store.apply(aRegistryFile({ services: services(census, herald) }));
      expect((await load(replica)).find('web')?.grants.has(census)).toBe(true);
    });

    it('names every problem at once, and keeps what was', async () => {
      const replica = aReplica();
      await replica.store.apply(aRegistryFile());
      const services = [
        { name: 'posing', audience: herald, scopes: ['send'] },
        { name: 'self', audience: `${issuer}/admin`, scopes: [] },
      ];
      const clients = [
        {
          id: 'web',
          service: 'nowhere',
          grants: [
            { service: 'herald', scopes: ['send', 'fly'] },
            { service: 'nothing', scopes: ['send'] },
            { service: 'admin', scopes: ['admin:everything'] },
          ],
          onBehalfOf: [{ source: 'nobody', target: 'exchange', scopes: ['send'] }],
          identities: [{ issuer: 'cluster', subject: 'system:serviceaccount:a:b' }],
        },
        { id: 'WEB' },
      ];
      await expect(replica.store.apply(aRegistryFile({ services, clients }))).rejects.toMatchObject(
        {
          name: 'ConfigError',
          problems: [
            'REGISTRY_FILE: services.0.audience: is the audience of service herald',
            'REGISTRY_FILE: services.1.audience: is an audience of this server',
            'REGISTRY_FILE: clients.0.service: service nowhere does not exist',
            'REGISTRY_FILE: clients.0.identities.0.issuer: there is no issuer cluster of workloads',
            'REGISTRY_FILE: clients.0.grants.0.scopes.1: service herald has no scope fly',
            'REGISTRY_FILE: clients.0.grants.1.service: service nothing does not exist',
            'REGISTRY_FILE: clients.0.grants.2.scopes.0: service admin has no scope admin:everything',
            'REGISTRY_FILE: clients.0.onBehalfOf.0.source: service nobody does not exist',
            'REGISTRY_FILE: clients.0.onBehalfOf.0.scopes.0: service exchange has no scope send',
            'REGISTRY_FILE: clients.1.id: differs from client web by case only',
          ],
        },
      );
      expect((await load(replica)).find('web')?.secrets).toHaveLength(2);
    });
  });

  describe('RegistryStore', () => {
    const service = { name: 'census', audience: census, scopes: ['users:read', 'users:write'] };

    it('adds, replaces and removes, and counts versions', async () => {
      const { store } = aReplica();
      const added = await store.putService(service, { ifVersion: 'absent' }, admin);
      expect(added).toMatchObject({ isNew: true, document: service });
      const replaced = await store.putService(
        { ...service, tokenLifetime: 60, algorithm: 'RS256' },
        { ifVersion: added.version },
        admin,
      );
      expect(replaced.isNew).toBe(false);
      expect(replaced.version).toBeGreaterThan(added.version);
      expect(await store.findService('census')).toMatchObject({
        document: { tokenLifetime: 60, algorithm: 'RS256' },
        version: replaced.version,
      });
      await store.removeService('census', { ifVersion: replaced.version }, admin);
      expect(await store.findService('census')).toBeUndefined();
    });

    it('keeps a version when nothing changes', async () => {
      const { store } = aReplica();
      const { version } = await store.putService(service, {}, admin);
      expect(await store.putService({ ...service }, {}, admin)).toMatchObject({ version });
    });

    it('keeps every member of a client and of an issuer', async () => {
      const { store } = aReplica();
      await store.putService(service, {}, admin);
      await store.putService({ name: 'herald', audience: herald, scopes: ['send'] }, {}, admin);
      const { publicJwk } = await generateSigningKey('EdDSA');
      const workloads = {
        name: 'cluster',
        kind: 'workloads',
        issuer: 'spiffe://cluster.example',
        keys: { jwks: [publicJwk] },
        algorithms: ['EdDSA'],
        maxLifetime: 3600,
        subjects: [],
        scopes: [],
        networks: ['10.0.0.0/8', 'fd00::/8'],
      };
      const people = {
        ...workloads,
        name: 'people',
        kind: 'users',
        issuer: 'https://login.example',
        keys: { discover: true },
        subjects: [users],
        scopes: ['users:read'],
      };
      const client = {
        id: 'web_1',
        service: 'herald',
        keys: { jwks: [publicJwk], networks: [] },
        algorithms: ['EdDSA'],
        certificate: { thumbprints: [sha256('certificate')] },
        dpopBoundAccessTokens: true,
        certificateBoundAccessTokens: true,
        identities: [{ issuer: 'cluster', subject: 'spiffe://cluster.example/web' }],
        grants: [
          {
            service: 'census',
            scopes: ['users:write', 'users:read'],
            subjects: [users],
            expires: '2027-06-01T00:00:00.000Z',
            reason: 'sign-up',
          },
        ],
        onBehalfOf: [
          {
            source: 'exchange',
            target: 'census',
            scopes: ['users:read'],
            impersonation: true,
            expires: '2027-06-01T00:00:00.000Z',
            reason: 'desk',
          },
        ],
      };
      await store.putIssuer(workloads, {}, admin);
      await store.putIssuer(people, {}, admin);
      await store.putClient(client, {}, admin);
      expect((await store.findClient('web_1'))?.document).toEqual(client);
      expect((await store.findIssuer('cluster'))?.document).toEqual(workloads);
      expect((await store.listIssuers({ limit: 9 })).map((one) => one.document)).toEqual([
        workloads,
        people,
      ]);
      const { live } = await started();
      expect(
        live.current.clientsOf({ issuer: 'cluster', subject: 'spiffe://cluster.example/web' }),
      ).toHaveLength(1);
      expect(live.current.issuer('https://login.example')?.name).toBe('people');
      expect(live.current.find('web_1')?.edges).toEqual([
        {
          source: `${issuer}/exchange`,
          target: census,
          scopes: ['users:read'],
          impersonation: true,
          expiresAt: 1_811_808_000,
          reason: 'desk',
        },
      ]);
    });

    it.each([
      ['absent', 'absent' as const, { status: 409, reason: 'exists' }],
      ['of another version', 1, { status: 412, reason: 'changed' }],
    ])('refuses to replace what should be %s', async (_what, ifVersion, refusal) => {
      const { store } = aReplica();
      await store.putService(service, {}, admin);
      await expect(
        store.putService({ ...service, scopes: [] }, { ifVersion }, admin),
      ).rejects.toMatchObject({ name: 'RegistryConflict', ...refusal });
      expect((await store.findService('census'))?.document.scopes).toHaveLength(2);
    });

    it('refuses all but the first of many writers who read the same version', async () => {
      const { store } = aReplica();
      const { version } = await store.putService(service, {}, admin);
      const attempts = await Promise.allSettled(
        ['a', 'b', 'c', 'd', 'e'].map((scope) =>
          store.putService({ ...service, scopes: [scope] }, { ifVersion: version }, admin),
        ),
      );
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('refuses to change what is not there', async () => {
      const { store } = aReplica();
      const missing = { status: 404, reason: 'missing' };
      await expect(store.removeClient('web', {}, admin)).rejects.toMatchObject(missing);
      await expect(store.removeService('web', {}, admin)).rejects.toMatchObject(missing);
      await expect(store.removeIssuer('web', {}, admin)).rejects.toMatchObject(missing);
      await expect(store.addSecret('web', { label: 'a' }, {}, admin)).rejects.toMatchObject(
        missing,
      );
      await expect(store.putClient({ id: 'web' }, { ifVersion: 3 }, admin)).rejects.toMatchObject({
        status: 412,
      });
    });

    it('names every problem of a document at once, by its place', async () => {
      const { store } = aReplica();
      const client = {
        id: 'https://x.example/',
        grants: [{ service: 'census', scopes: [] }],
        x: 1,
      };
      await expect(store.putClient(client, {}, admin)).rejects.toMatchObject({
        name: 'RegistryInvalid',
        problems: [{ path: ['id'] }, { path: ['grants', 0, 'scopes'] }, { path: [], keys: ['x'] }],
      });
      const dangling = { id: 'web', grants: [{ service: 'census', scopes: ['fly'] }] };
      await expect(store.putClient(dangling, {}, admin)).rejects.toMatchObject({
        problems: [{ path: ['grants', 0, 'service'], message: 'service census does not exist' }],
      });
    });

    it('edits nothing that belongs to this server', async () => {
      const { store } = aReplica();
      const own = { ...service, name: 'admin' };
      await expect(store.putService(own, {}, admin)).rejects.toMatchObject({
        problems: [{ path: ['name'] }],
      });
      await expect(store.removeService('exchange', {}, admin)).rejects.toMatchObject({
        reason: 'built-in',
      });
      expect((await store.findService('admin'))?.document).toMatchObject({
        audience: `${issuer}/admin`,
        scopes: ['admin:read', 'admin:write'],
      });
    });

    it('moves its own services when the server moves, and refuses a name somebody has', async () => {
      const { versions } = aReplica();
      const moved = { ownIssuer: 'https://new.example', clock, audit };
      await new RegistryStore(database, versions, moved).putBuiltInServices();
      const { store } = aReplica();
      expect((await store.findService('admin'))?.document.audience).toBe(
        'https://new.example/admin',
      );
      await database.execute(`update services set built_in = false where name = 'admin'`);
      await expect(store.putBuiltInServices()).rejects.toMatchObject({ name: 'ConfigError' });
    });

    it('refuses an issuer that is this server, or that another one is', async () => {
      const { store } = aReplica();
      const one = {
        name: 'one',
        kind: 'users',
        issuer: 'https://login.example',
        keys: { discover: true },
        algorithms: ['ES256'],
        maxLifetime: 300,
      };
      await store.putIssuer(one, {}, admin);
      await expect(store.putIssuer({ ...one, name: 'two' }, {}, admin)).rejects.toMatchObject({
        problems: [{ path: ['issuer'] }],
      });
      await expect(
        store.putIssuer({ ...one, name: 'self', issuer }, {}, admin),
      ).rejects.toMatchObject({
        problems: [{ path: ['issuer'], message: 'is this server itself' }],
      });
    });

    it('refuses to remove or turn what somebody uses', async () => {
      const { store } = aReplica();
      await store.putService(service, {}, admin);
      const cluster = {
        name: 'cluster',
        kind: 'workloads',
        issuer: 'https://cluster.example',
        keys: { discover: true },
        algorithms: ['RS256'],
        maxLifetime: 3600,
      };
      await store.putIssuer(cluster, {}, admin);
      const grants = [{ service: 'census', scopes: ['users:read'] }];
      const identities = [{ issuer: 'cluster', subject: 'a' }];
      await store.putClient({ id: 'web', grants, identities }, {}, admin);
      await expect(store.removeService('census', {}, admin)).rejects.toMatchObject({
        reason: 'in-use',
        message: 'it is in use by web',
      });
      await expect(store.removeIssuer('cluster', {}, admin)).rejects.toMatchObject({
        reason: 'in-use',
      });
      await expect(store.putIssuer({ ...cluster, kind: 'users' }, {}, admin)).rejects.toMatchObject(
        { problems: [{ path: ['kind'] }] },
      );
      await store.removeClient('web', {}, admin);
      await store.removeService('census', {}, admin);
      await store.removeIssuer('cluster', {}, admin);
    });

    it('grants and takes one thing at a time', async () => {
      const { store } = aReplica();
      await store.putService(service, {}, admin);
      await store.putClient({ id: 'web' }, {}, admin);
      await store.addSecret('web', { label: 'a' }, {}, admin);
      const grant = { service: 'census', scopes: ['users:read'], reason: 'ticket 7' };
      const edge = { source: 'exchange', target: 'census', scopes: ['users:read'] };
      await store.change(admin, async (change) => {
        await change.putGrant('web', grant);
        await change.putGrant('web', { ...grant, scopes: ['users:write'] });
        await change.putEdge('web', edge);
      });
      const client = await store.findClient('web');
      expect(client?.document.grants).toMatchObject([{ scopes: ['users:write'] }]);
      expect(client?.document.onBehalfOf).toMatchObject([edge]);
      expect(client?.secrets).toHaveLength(1);
      await store.change(admin, (change) => change.removeGrant('web', 'census'));
      await store.change(admin, (change) => change.removeEdge('web', edge));
      await expect(
        store.change(admin, (change) => change.removeGrant('web', 'census')),
      ).rejects.toMatchObject({ reason: 'missing' });
      expect((await store.findClient('web'))?.document).toMatchObject({
        grants: [],
        onBehalfOf: [],
      });
    });

    it('undoes everything of a change that fails half-way', async () => {
      const { store, versions } = aReplica();
      const before = await versions.read(database, 'registry');
      const change = store.change(admin, async (made) => {
        await made.putService(service);
        await made.putClient({ id: 'web', service: 'nowhere' });
      });
      await expect(change).rejects.toMatchObject({ name: 'RegistryInvalid' });
      expect(await store.findService('census')).toBeUndefined();
      expect(await versions.read(database, 'registry')).toBe(before);
    });

    it('never takes the last administrator away', async () => {
      const { store } = aReplica();
      const grants = [{ service: 'admin', scopes: ['admin:read', 'admin:write'] }];
      await store.putClient({ id: 'root', grants }, {}, admin);
      // Without a credential it can administer nothing.
      expect(await store.hasAdministrator()).toBe(false);
      const { id } = await store.addSecret('root', { label: 'a' }, {}, admin);
      expect(await store.hasAdministrator()).toBe(true);
      const secrets = [{ label: 'b', sha256: sha256('b') }];
      await store.putClient({ id: 'second', grants, secrets }, {}, admin);
      await store.removeClient('second', {}, admin);

      const expired = '2020-01-01T00:00:00Z';
      const attempts: (() => Promise<unknown>)[] = [
        () => store.removeClient('root', {}, admin),
        () => store.putClient({ id: 'root' }, {}, admin),
        () => store.putClient({ id: 'root', grants, secrets: [] }, {}, admin),
        () =>
          store.putClient({ id: 'root', grants: [{ ...grants[0], expires: expired }] }, {}, admin),
        () =>
          store.putClient(
            { id: 'root', grants, secrets: [{ ...secrets[0], expires: expired }] },
            {},
            admin,
          ),
        () => store.removeSecret('root', id, {}, admin),
        () => store.change(admin, (change) => change.removeGrant('root', 'admin')),
      ];
      for (const attempt of attempts) {
        await expect(attempt()).rejects.toMatchObject({ status: 409, reason: 'last-admin' });
      }
      expect(await store.hasAdministrator()).toBe(true);
      // Whoever owns the registry file owns the server.
      await store.apply(aRegistryFile({ services: [], clients: [{ id: 'root' }] }));
      expect(await store.hasAdministrator()).toBe(false);
    });

    it('lists page by page, in one order', async () => {
      const { store } = aReplica();
      const ids = ['b', 'A', 'a.1', 'Z', 'c_d'];
      await store.change(admin, async (change) => {
        for (const id of ids) await change.putClient({ id });
      });
      const first = await store.listClients({ limit: 3 });
      const last = first.at(-1)?.document.id;
      const second = await store.listClients({ after: last, limit: 3 });
      expect([...first, ...second].map(({ document }) => document.id)).toEqual([...ids].sort());
    });

    it('writes into the audit log who changed what, without a digest or a key', async () => {
      const { store } = aReplica();
      const before = (await events()).length;
      const { publicJwk } = await generateSigningKey('ES256');
      const secrets = [{ label: 'made elsewhere', sha256: sha256('hidden') }];
      await store.putClient({ id: 'web', keys: { jwks: [publicJwk] }, secrets }, {}, admin);
      await store.putClient({ id: 'web', keys: { jwks: [publicJwk] } }, {}, admin);
      const { secret, id } = await store.addSecret('web', { label: 'new' }, {}, admin);
      await store.removeSecret('web', 'new', {}, admin);
      await store.removeClient('web', {}, admin);
      const found = (await events()).slice(before);
      expect(found.map(({ detail }) => detail?.['what'])).toEqual([
        'client.added',
        'secret.added',
        'secret.removed',
        'client.removed',
      ]);
      expect(found[0]).toMatchObject({ client: 'web', actor: admin.name, address: admin.address });
      expect(found[1]?.detail).toMatchObject({ secret: id, label: 'new' });
      const text = JSON.stringify(found);
      for (const hidden of [secret, digestOf(secret).toString('base64url'), sha256('hidden')]) {
        expect(text).not.toContain(hidden);
      }
      expect(text).not.toContain(String(publicJwk.x));
    });
  });

  describe('secrets', () => {
    it('are made, used and removed', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      const expires = '2027-02-01T00:00:00.000Z';
      const added = await store.addSecret('web', { label: 'ci', expires }, {}, admin);
      const { live } = await started();
      expect(live.current.find('web')?.secrets).toEqual([
        { id: added.id, label: 'ci', digest: digestOf(added.secret), expiresAt: 1_801_440_000 },
      ]);
      expect((await store.findClient('web'))?.version).toBe(added.version);
      await store.removeSecret('web', added.id, { ifVersion: added.version }, admin);
      expect((await store.findClient('web'))?.secrets).toEqual([]);
    });

    it('are refused twice under one label, and beyond sixteen', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      await store.change(admin, async (change) => {
        for (let n = 0; n < 16; n += 1) await change.addSecret('web', { label: `s${n}` });
      });
      await expect(store.addSecret('web', { label: 's1' }, {}, admin)).rejects.toMatchObject({
        reason: 'exists',
      });
      await expect(store.addSecret('web', { label: 'more' }, {}, admin)).rejects.toMatchObject({
        reason: 'too-many',
      });
    });

    it('go by their id first: a label may look like the id of another', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      const one = await store.addSecret('web', { label: 'one' }, {}, admin);
      const two = await store.addSecret('web', { label: one.id }, {}, admin);
      await store.removeSecret('web', one.id, {}, admin);
      expect((await store.findClient('web'))?.secrets.map(({ id }) => id)).toEqual([two.id]);
    });
  });

  describe('SecretUses', () => {
    const lastUses = async (store: RegistryStore) =>
      (await store.findClient('web'))?.secrets.map(({ lastUsedAt }) => lastUsedAt?.getTime());

    it('writes the last use of many secrets at once, and changes no version', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      const one = await store.addSecret('web', { label: 'one' }, {}, admin);
      const two = await store.addSecret('web', { label: 'two' }, {}, admin);
      const uses = new SecretUses(database, clock);
      for (const id of [one.id, two.id, one.id, 'removed meanwhile']) uses.record(id);
      expect(await lastUses(store)).toEqual([undefined, undefined]);
      await uses.stop();
      expect(await lastUses(store)).toEqual([clock.now() * 1000, clock.now() * 1000]);
      expect((await store.findClient('web'))?.version).toBe(two.version);
    });

    it('never goes back: another replica may have written a later one', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      const { id } = await store.addSecret('web', { label: 'one' }, {}, admin);
      const [early, late] = [new SecretUses(database, clock), new SecretUses(database, clock)];
      early.record(id);
      clock.advance(5);
      late.record(id);
      await late.flush();
      await early.flush();
      expect(await lastUses(store)).toEqual([clock.now() * 1000]);
    });

    it('keeps what could not be written', async () => {
      const { store } = aReplica();
      await store.putClient({ id: 'web' }, {}, admin);
      const { id } = await store.addSecret('web', { label: 'one' }, {}, admin);
      let isDown = true;
      const execute: Database['execute'] = (text, params) =>
        isDown ? Promise.reject(new Error('down')) : database.execute(text, params);
      const uses = new SecretUses({ ...database, execute }, clock);
      uses.record(id);
      await uses.flush();
      expect(await lastUses(store)).toEqual([undefined]);
      isDown = false;
      await uses.flush();
      expect(await lastUses(store)).toEqual([clock.now() * 1000]);
    });
  });

  describe('LiveRegistry', () => {
    it('is not used when it could not be compared with the database for 30 seconds', async () => {
      let isDown = false;
      const execute: Database['execute'] = (text, params) =>
        isDown ? Promise.reject(new Error('down')) : database.execute(text, params);
      const { live, versions, store } = await started({ ...database, execute });
      await store.putClient({ id: 'web' }, {}, admin);
      isDown = true;
      expect(live.client('web')).toMatchObject({ id: 'web' });
      const unavailable = { name: 'ServiceUnavailable', retryAfter: 1 };
      await expect(live.client('nobody')).rejects.toMatchObject(unavailable);
      clock.advance(30);
      expect(() => live.current).toThrow(expect.objectContaining(unavailable));
      expect(() => live.client('web')).toThrow(expect.objectContaining(unavailable));
      isDown = false;
      await versions.refresh('registry');
      expect(live.client('web')).toMatchObject({ id: 'web' });
    });

    const file = aRegistryFile();

    it('learns what another replica changes', async () => {
      const [writer, reader] = [await started(), await started()];
      await writer.store.apply(file);
      await until(() => reader.live.current.size === 1);
      await writer.store.putClient({ id: 'new' }, {}, admin);
      await until(() => reader.live.current.find('new') !== undefined);
      await writer.store.removeClient('web', {}, admin);
      await until(() => reader.live.current.find('web') === undefined);
      expect(reader.live.current.find('new')).toBeDefined();
    });

    it('is changed itself when a change is acknowledged', async () => {
      const { store, live } = await started();
      await store.apply(file);
      await store.putClient({ id: 'web' }, {}, admin);
      expect(live.current.find('web')?.secrets).toHaveLength(2);
      await store.putClient({ id: 'web', secrets: [] }, {}, admin);
      expect(live.current.find('web')?.secrets).toEqual([]);
    });

    it('reads only what changed, and is what reading everything would give', async () => {
      const { store, live, versions } = await started();
      await store.apply(aRegistryFile({ clients: [...file.clients, { id: 'idle' }] }));
      const idle = (await live.client('idle'))!;
      await store.putService({ name: 'other', audience: census, scopes: ['x'] }, {}, admin);
      await store.putClient({ id: 'one', service: 'other' }, {}, admin);
      await store.putService({ name: 'herald', audience: herald, scopes: ['read'] }, {}, admin);
      await store.removeClient('one', {}, admin);
      await store.removeService('other', {}, admin);
      await store.putClient({ id: 'one' }, {}, admin);
      await versions.refresh('registry');
      expect(live.current).toEqual(await load({ store, live, versions }));
      expect(live.current.find('web')?.grants.get(herald)?.scopes).toEqual([]);
      expect(live.current.find('idle')).toBe(idle);
    });

    it('finds a client that was made a moment ago elsewhere, though nobody told it', async () => {
      const [writer, reader] = [aReplica(), await deaf()];
      await writer.store.putClient({ id: 'brand-new' }, {}, admin);
      expect(reader.live.current.find('brand-new')).toBeUndefined();
      await expect(reader.live.client('brand-new')).resolves.toMatchObject({ id: 'brand-new' });
    });

    it('finds a secret that was made a moment ago elsewhere', async () => {
      const [writer, reader] = [aReplica(), await deaf()];
      await writer.store.putClient({ id: 'web' }, {}, admin);
      await reader.live.refreshFor('another');
      const { id } = await writer.store.addSecret('web', { label: 'a' }, {}, admin);
      const client = await reader.live.refreshFor('web');
      expect(client?.secrets.map((secret) => secret.id)).toEqual([id]);
    });

    it('knows nobody of that id when the database does not', async () => {
      const { live } = await started();
      expect(await live.client('nobody')).toBeUndefined();
      expect(await live.client('__proto__')).toBeUndefined();
    });

    it('takes back what a restored backup does not have', async () => {
      const { store, live, versions } = await started();
      await store.apply(file);
      const version = await versions.read(database, 'registry');
      await store.putClient({ id: 'later' }, {}, admin);
      expect(live.current.find('later')).toBeDefined();
      // The backup knows neither the client nor its removal.
      await database.execute(
        `delete from clients where id = 'later'; update versions set version = ${version}`,
      );
      await versions.refresh('registry');
      expect(live.current.find('later')).toBeUndefined();
      expect(live.current).toEqual(await load({ store, live, versions }));
    });

    it('reads everything when removals are not remembered any more', async () => {
      const { store } = aReplica();
      await store.apply(file);
      await store.putClient({ id: 'gone' }, {}, admin);
      const { live, versions } = await deaf();
      await store.removeClient('gone', {}, admin);
      await database.execute(
        `update registry_tombstones set removed_at = now() - interval '2 days'`,
      );
      await store.putClient({ id: 'next' }, {}, admin);
      await store.removeClient('next', {}, admin);
      const left = await database.execute(
        `select kind, name from registry_tombstones order by kind`,
      );
      expect(left.rows).toEqual([
        { kind: 'client', name: 'next' },
        { kind: 'floor', name: '' },
      ]);
      expect(live.current.find('gone')).toBeDefined();
      await versions.refresh('registry');
      expect(live.current.find('gone')).toBeUndefined();
    });
  });
}
