import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { DATABASE, databaseReplay, SharedSecrets, SigningKeys } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import {
  boundedFetch,
  dpopNonces,
  memoryReplay,
  type Clock,
  type ReplayStore,
  type TrustedIssuer,
} from '@countersign/token';

import { Audit } from '../audit/audit.js';
import { LiveRegistry } from '../registry/live-registry.js';
import { SecretUses } from '../registry/secret-uses.js';
import { OWN_ISSUER } from '../status/own-issuer.js';
import { Revocations } from '../status/revocations.js';
import { Assertions } from './assertions/assertions.js';
import { clockTolerance, proofLifetime } from './assertions/limits.js';
import { OWN_PEOPLE, type OwnPeople } from './assertions/own-people.js';
import { PartyKeys, type FetchBounds } from './assertions/party-keys.js';
import { TrustedParties } from './assertions/trusted-parties.js';
import { ClientAssertions } from './client-authentication/client-assertions.js';
import { ClientAuthentication } from './client-authentication/client-authentication.js';
import { TokenLimits, type LimitSettings } from './limits/token-limits.js';
import { Senders } from './sender/sender.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenErrorFilter } from './token-error.filter.js';
import { REPLAY } from './token.constants.js';
import { TokenController } from './token.controller.js';

/** How tokens are issued. */
export interface TokenModuleOptions {
  readonly issuer: string;
  /** Seconds a token lives unless its service says otherwise. */
  readonly lifetime: number;
  /** Longest chain of actors in a token. */
  readonly longestChain: number;
  readonly limits: LimitSettings;
  /** Where used assertions are remembered; `memory` for one process alone. */
  readonly replay: 'database' | 'memory';
  /** Whether DPoP proofs have to hold a nonce of this server (RFC 9449 section 8). */
  readonly dpopNonce: 'off' | 'required';
  /** Whether what is issued is logged, at debug: a call that is dear even where it writes nothing. */
  readonly logsIssues: boolean;
  readonly clock: Clock;
}

/** Assertions that one process remembers: five minutes of 3,000 per second, some 150 MB. */
const mostRemembered = 1_000_000;

/**
 * The token endpoint, and `ClientAuthentication` and `TokenLimits` for every other endpoint that
 * clients authenticate at. Needs the registry, the signing keys, the audit and the database with
 * `replayMigrations`.
 */
@Global()
@Module({})
export class TokenModule {
  static forRoot(options: TokenModuleOptions): DynamicModule {
    const { clock, limits } = options;
    return {
      module: TokenModule,
      controllers: [TokenController],
      providers: [
        { provide: TokenLimits, useFactory: () => new TokenLimits(limits, clock) },
        {
          provide: REPLAY,
          inject: [DATABASE],
          useFactory: (database: Database) =>
            options.replay === 'memory'
              ? memoryReplay({ max: mostRemembered, clock })
              : databaseReplay(database, { clock }),
        },
        {
          provide: TrustedParties,
          inject: [Revocations],
          useFactory: (revocations: Revocations) =>
            new TrustedParties(new PartyKeys(fetchWithin, clock), revocations),
        },
        authenticationOf(options),
        assertionsOf(options),
        sendersOf(options),
        endpointOf(options),
        { provide: APP_FILTER, useClass: TokenErrorFilter },
      ],
      exports: [ClientAuthentication, REPLAY, TokenLimits, TrustedParties],
    };
  }
}

function authenticationOf({ issuer, clock }: TokenModuleOptions): Provider {
  return {
    provide: ClientAuthentication,
    inject: [LiveRegistry, TrustedParties, REPLAY, TokenLimits, SecretUses],
    useFactory: (
      registry: LiveRegistry,
      parties: TrustedParties,
      replay: ReplayStore,
      limits: TokenLimits,
      uses: SecretUses,
    ) => {
      const by = { registry, parties, replay, limits, issuer, clock };
      return new ClientAuthentication({ ...by, uses, assertions: new ClientAssertions(by) });
    },
  };
}

function assertionsOf({ clock }: TokenModuleOptions): Provider {
  return {
    provide: Assertions,
    inject: [OWN_ISSUER, TrustedParties, REPLAY, { token: OWN_PEOPLE, optional: true }],
    useFactory: (
      own: TrustedIssuer,
      parties: TrustedParties,
      replay: ReplayStore,
      people: OwnPeople | undefined,
    ) => new Assertions({ own, people, parties, replay, clock }),
  };
}

function sendersOf({ issuer, clock, dpopNonce }: TokenModuleOptions): Provider {
  return {
    provide: Senders,
    inject: [REPLAY, SharedSecrets],
    useFactory: (replay: ReplayStore, shared: SharedSecrets) => {
      const isOff = dpopNonce === 'off';
      const nonces = isOff
        ? undefined
        : dpopNonces({ secrets: shared.derive('dpop nonces'), clock });
      const policy = { clock, clockTolerance, maxAge: proofLifetime, nonces };
      return new Senders({ url: `${issuer}/oauth2/token`, policy, replay });
    },
  };
}

function endpointOf(options: TokenModuleOptions): Provider {
  return {
    provide: TokenEndpoint,
    inject: [
      LiveRegistry,
      ClientAuthentication,
      Assertions,
      Senders,
      TokenLimits,
      SigningKeys,
      Audit,
    ],
    useFactory: (
      registry: LiveRegistry,
      authentication: ClientAuthentication,
      assertions: Assertions,
      senders: Senders,
      limits: TokenLimits,
      keys: SigningKeys,
      audit: Audit,
    ) =>
      new TokenEndpoint({
        ...options,
        ...{ registry, authentication, assertions, senders, limits, keys, audit },
      }),
  };
}

function fetchWithin({ networks, ca }: FetchBounds): typeof fetch {
  return boundedFetch({ networks, ...(ca === undefined ? {} : { ca }) });
}
