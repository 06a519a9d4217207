import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DATABASE, Readiness, SigningKeys, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock, TrustedIssuer } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { Audit } from '../audit/audit.js';
import { LiveRegistry } from '../registry/live-registry.js';
import { longestLifetime } from '../registry/longest-lifetime.js';
import { ClientAuthentication } from '../token/client-authentication/client-authentication.js';
import { RateLimit } from '../token/limits/rate-limit.js';
import { TokenLimits } from '../token/limits/token-limits.js';
import { StatusEndpoints } from './endpoints/status-endpoints.js';
import { StatusController } from './endpoints/status.controller.js';
import { FeedController } from './feed/feed.controller.js';
import { RevocationFeed } from './feed/revocation-feed.js';
import { RevocationStreams, type StreamOptions } from './feed/revocation-streams.js';
import { LiveRevocations } from './live-revocations.js';
import { OWN_ISSUER, ownIssuer } from './own-issuer.js';
import { OwnTokens } from './own-tokens.js';
import { RevocationList } from './revocation-list.js';
import { RevocationPruning } from './revocation-pruning.js';
import { RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';
import { FEED_LIMIT } from './status.constants.js';

/** How tokens are taken back. */
export interface StatusOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly streams?: StreamOptions;
  /** Messages and streams that one network may ask the feed for in a minute; 0 for no limit. */
  readonly feedPerMinute: number;
}

/** Networks that the limit of the feed remembers. */
const maxEntries = 50_000;

/**
 * `RevocationStore` to revoke, `Revocations` to ask, and the feed that guards follow;
 * introspection and revocation for clients. Needs the database with `statusMigrations`, the audit
 * log, the versions, the signing keys, the registry and the authentication of clients.
 */
@Global()
@Module({})
export class StatusModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(RevocationPruning) private readonly pruning: RevocationPruning,
    @Inject(RevocationStreams) private readonly streams: RevocationStreams,
    @Inject(LiveRevocations) live: LiveRevocations,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('revocations', async () => void live.position);
  }

  static forRoot(options: StatusOptions): DynamicModule {
    return {
      module: StatusModule,
      controllers: [FeedController, StatusController],
      providers: [
        ...revocationProviders(options),
        ...feedProviders(options),
        ...endpointProviders(options),
      ],
      exports: [OWN_ISSUER, RevocationList, RevocationStore, Revocations],
    };
  }

  onApplicationBootstrap(): void {
    this.pruning.start();
  }

  /** Before the server waits for its connections to end: streams do not end by themselves. */
  async onModuleDestroy(): Promise<void> {
    this.streams.close();
    await this.pruning.stop();
  }
}

function revocationProviders({ issuer, clock }: StatusOptions) {
  return [
    RevocationList,
    {
      provide: RevocationStore,
      inject: [DATABASE, Versions, AuditStore, RevocationList],
      useFactory: (
        database: Database,
        versions: Versions,
        audit: AuditStore,
        list: RevocationList,
      ) => {
        const held = () => list.size;
        return new RevocationStore({ database, versions, audit, clock, longestLifetime, held });
      },
    },
    {
      provide: LiveRevocations,
      inject: [RevocationStore, Versions, RevocationList],
      useFactory: async (store: RevocationStore, versions: Versions, list: RevocationList) => {
        const live = new LiveRevocations(store, versions, list, clock);
        await live.start();
        return live;
      },
    },
    { provide: Revocations, useExisting: LiveRevocations },
    {
      provide: OWN_ISSUER,
      inject: [SigningKeys, Revocations],
      useFactory: (keys: SigningKeys, revocations: Revocations) =>
        ownIssuer({ issuer, keys, revocations, longestLifetime }),
    },
    {
      provide: RevocationPruning,
      inject: [DATABASE, RevocationStore, RevocationList],
      useFactory: (database: Database, store: RevocationStore, list: RevocationList) =>
        new RevocationPruning({ database, store, list, clock }),
    },
  ];
}

function feedProviders({ issuer, clock, streams, feedPerMinute }: StatusOptions) {
  return [
    {
      provide: FEED_LIMIT,
      useFactory: () => new RateLimit({ perMinute: feedPerMinute, maxEntries, clock }),
    },
    {
      provide: RevocationFeed,
      inject: [LiveRevocations, SigningKeys],
      useFactory: (live: LiveRevocations, keys: SigningKeys) =>
        new RevocationFeed({ live, signer: () => keys.signer(), issuer, clock }),
    },
    {
      provide: RevocationStreams,
      inject: [RevocationFeed, LiveRevocations],
      useFactory: (feed: RevocationFeed, live: LiveRevocations) =>
        new RevocationStreams(feed, live, streams),
    },
  ];
}

function endpointProviders({ issuer, clock }: StatusOptions) {
  return [
    {
      provide: OwnTokens,
      inject: [OWN_ISSUER],
      useFactory: (own: TrustedIssuer) => new OwnTokens({ own, clock }),
    },
    {
      provide: StatusEndpoints,
      inject: [LiveRegistry, ClientAuthentication, TokenLimits, OwnTokens, RevocationStore, Audit],
      useFactory: (
        registry: LiveRegistry,
        authentication: ClientAuthentication,
        limits: TokenLimits,
        tokens: OwnTokens,
        store: RevocationStore,
        audit: Audit,
      ) => {
        const deps = { registry, authentication, limits, tokens, store, audit };
        return new StatusEndpoints({ ...deps, issuer, clock });
      },
    },
  ];
}
