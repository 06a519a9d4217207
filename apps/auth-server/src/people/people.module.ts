import { Global, Inject, Module, type DynamicModule, type Provider } from '@nestjs/common';
import {
  DATABASE,
  keyTimes,
  Readiness,
  SharedSecrets,
  SigningKeysUnavailable,
  startSigningKeys,
  Versions,
  type ClientCertificates,
  type KeyRing,
  type SigningKeys,
  type SigningKeysOptions,
  type StartedKeys,
} from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock, ReplayStore } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { Audit } from '../audit/audit.js';
import { KeyCommands } from '../keys/key-commands.js';
import { LiveRegistry } from '../registry/live-registry.js';
import { SecretUses } from '../registry/secret-uses.js';
import { RevocationStore } from '../status/revocation-store.js';
import { Revocations } from '../status/revocations.js';
import { OWN_PEOPLE } from '../token/assertions/own-people.js';
import { TrustedParties } from '../token/assertions/trusted-parties.js';
import { ClientAssertions } from '../token/client-authentication/client-assertions.js';
import { ClientAuthentication } from '../token/client-authentication/client-authentication.js';
import { RateLimit } from '../token/limits/rate-limit.js';
import { TokenLimits } from '../token/limits/token-limits.js';
import { REPLAY } from '../token/token.constants.js';
import { AccountsModule, type AccountsOptions } from './accounts/accounts.module.js';
import { EngineClients } from './engine/engine-clients.js';
import { engineLibrary } from './engine/engine-library.js';
import type { EngineLifetimes } from './engine/engine-settings.js';
import { PeopleEngine } from './engine/people-engine.js';
import { PeopleRecords } from './engine/people-records.js';
import { Interactions } from './interactions.js';
import { PEOPLE_ACCOUNTS, type PeopleAccounts } from './people-accounts.js';
import { PeopleAudit, type PeopleEvent } from './people-audit.js';
import { PeopleClients } from './people-clients.js';
import { onlySubjects } from './only-subjects.js';
import { PeopleMetadataController } from './people-metadata.controller.js';
import { PeopleMetadata } from './people-metadata.js';
import { PEOPLE_PAGES, type PeoplePages } from './people-pages.js';
import { PeopleSessions } from './people-sessions.js';
import { PeopleTokens } from './people-tokens.js';
import { LOGIN_LIMIT, PEOPLE_KEY_COMMANDS, PEOPLE_KEYS, PEOPLE_RING } from './people.constants.js';
import { PeopleController } from './people.controller.js';

/** How people log in. */
export interface PeopleOptions {
  /** The issuer of this server. */
  readonly server: string;
  /** Prefixes of people who may log in. */
  readonly subjects: readonly string[];
  readonly lifetimes: EngineLifetimes;
  readonly accounts: Omit<AccountsOptions, 'publicUrl' | 'subjects' | 'clock'>;
  /** Of the ring that signs people's tokens: one of its own. */
  readonly keys: Omit<SigningKeysOptions, 'service' | 'topic'>;
  /** What is asked of connections, and so how clients may authenticate. */
  readonly certificates: ClientCertificates;
  /** Logins that one network may begin in a minute; 0 for no limit. */
  readonly loginsPerMinute: number;
  readonly clock: Clock;
}

/** Networks that the limit of logins remembers. */
const maxEntries = 50_000;

const STARTED = Symbol('auth-server:people-keys-started');

/**
 * People's login: an issuer of its own below `/people`, whose access tokens are exchanged at our token
 * endpoint. Needs the registry, the signing keys, the audit log, the revocations, the token module and
 * the database with `peopleMigrations` and `accountsMigrations`.
 */
@Global()
@Module({})
export class PeopleModule {
  constructor(@Inject(PEOPLE_KEYS) keys: SigningKeys, @Inject(Readiness) readiness: Readiness) {
    readiness.register('people-keys', async () => {
      if (!keys.isUsable) throw new SigningKeysUnavailable();
    });
  }

  static forRoot(options: PeopleOptions): DynamicModule {
    return {
      module: PeopleModule,
      imports: [AccountsModule.forRoot(accountsOf(options))],
      controllers: [PeopleController, PeopleMetadataController],
      providers: [
        ...keysOf(options),
        recordsOf(options),
        engineOf(options),
        tokensOf(options),
        clientsOf(options),
        {
          provide: PeopleAudit,
          inject: [Audit],
          useFactory: (audit: Audit) => new PeopleAudit(audit, options.clock),
        },
        {
          provide: PeopleMetadata,
          inject: [PeopleEngine],
          useFactory: (engine: PeopleEngine) => new PeopleMetadata(engine, options.certificates),
        },
        {
          provide: Interactions,
          inject: [PeopleEngine, PeopleAudit],
          useFactory: (engine: PeopleEngine, audit: PeopleAudit) => new Interactions(engine, audit),
        },
        {
          provide: PeopleSessions,
          inject: [PeopleRecords],
          useFactory: (records: PeopleRecords) => new PeopleSessions(records),
        },
        { provide: OWN_PEOPLE, useExisting: PeopleTokens },
        {
          provide: LOGIN_LIMIT,
          useFactory: () =>
            new RateLimit({ perMinute: options.loginsPerMinute, maxEntries, clock: options.clock }),
        },
      ],
      exports: [AccountsModule, Interactions, OWN_PEOPLE, PEOPLE_KEY_COMMANDS, PeopleSessions],
    };
  }
}

/** The issuer of people's tokens. */
function issuerOf({ server }: PeopleOptions): string {
  return `${server}/people`;
}

function accountsOf({ server, subjects, accounts, clock }: PeopleOptions): AccountsOptions {
  return { ...accounts, publicUrl: `${server}/`, subjects, clock };
}

function keysOf({ keys: options, clock }: PeopleOptions): Provider[] {
  return [
    {
      provide: STARTED,
      // The other ring first: it makes what seals the keys of both.
      inject: [DATABASE, Versions, SharedSecrets],
      useFactory: (database: Database, versions: Versions) =>
        startSigningKeys({
          database,
          versions,
          options: { ...options, service: 'people', topic: 'people-keys', algorithm: 'ES256' },
          times: keyTimes(options.times),
        }),
    },
    { provide: PEOPLE_KEYS, inject: [STARTED], useFactory: ({ keys }: StartedKeys) => keys },
    // Of its own, so that it is told when the app closes.
    { provide: PEOPLE_RING, inject: [STARTED], useFactory: ({ ring }: StartedKeys) => ring },
    {
      provide: PEOPLE_KEY_COMMANDS,
      inject: [PEOPLE_RING, AuditStore, RevocationStore],
      useFactory: (ring: KeyRing, audit: AuditStore, revocations: RevocationStore) =>
        new KeyCommands({ ring, audit, revocations, clock }),
    },
  ];
}

function recordsOf({ clock }: PeopleOptions): Provider {
  return {
    provide: PeopleRecords,
    inject: [DATABASE],
    useFactory: (database: Database) => new PeopleRecords(database, clock),
  };
}

function engineOf(options: PeopleOptions): Provider {
  const exchange = `${options.server}/exchange`;
  return {
    provide: PeopleEngine,
    inject: [
      PEOPLE_KEYS,
      PeopleRecords,
      PEOPLE_ACCOUNTS,
      PEOPLE_PAGES,
      LiveRegistry,
      SharedSecrets,
      PeopleTokens,
      PeopleAudit,
    ],
    useFactory: async (
      keys: SigningKeys,
      records: PeopleRecords,
      accounts: PeopleAccounts,
      pages: PeoplePages,
      registry: LiveRegistry,
      secrets: SharedSecrets,
      tokens: PeopleTokens,
      audit: PeopleAudit,
    ) => {
      const clients = new EngineClients({ registry, exchange, now: () => options.clock.now() });
      const parts = {
        library: await engineLibrary(),
        issuer: issuerOf(options),
        exchange,
        accounts: onlySubjects(accounts, options.subjects),
        pages,
        clients,
        records,
        lifetimes: options.lifetimes,
        cookieKeys: secrets.derive('people cookies'),
        tokens,
        onLogout: (about: PeopleEvent) => audit.record('people.logout', undefined, about),
      };
      return new PeopleEngine(parts, keys);
    },
  };
}

function tokensOf(options: PeopleOptions): Provider {
  const { subjects, clock, lifetimes } = options;
  return {
    provide: PeopleTokens,
    inject: [PEOPLE_KEYS, PeopleRecords, PEOPLE_ACCOUNTS, Revocations],
    useFactory: (
      keys: SigningKeys,
      records: PeopleRecords,
      accounts: PeopleAccounts,
      revocations: Revocations,
    ) =>
      new PeopleTokens({
        issuer: issuerOf(options),
        subjects,
        lifetime: lifetimes.accessToken,
        ...{ keys, records, accounts: onlySubjects(accounts, subjects), revocations, clock },
      }),
  };
}

function clientsOf(options: PeopleOptions): Provider {
  const { clock } = options;
  return {
    provide: PeopleClients,
    inject: [
      PeopleEngine,
      PeopleAudit,
      LiveRegistry,
      TrustedParties,
      REPLAY,
      TokenLimits,
      SecretUses,
    ],
    useFactory: (
      engine: PeopleEngine,
      audit: PeopleAudit,
      registry: LiveRegistry,
      parties: TrustedParties,
      replay: ReplayStore,
      limits: TokenLimits,
      uses: SecretUses,
    ) => {
      // An assertion for this issuer is no good at our own token endpoint, nor the reverse.
      const issuer = issuerOf(options);
      const assertions = new ClientAssertions({ registry, parties, replay, limits, issuer, clock });
      const by = { registry, limits, assertions, uses, clock };
      const authentication = new ClientAuthentication(by);
      return new PeopleClients({ engine, authentication, limits, audit });
    },
  };
}
