import { Logger } from '@nestjs/common';
import {
  asymmetricAlgorithms,
  assertionIssuer,
  tokenProfiles,
  type KeyStore,
  type RevocationCheck,
  type TokenProfile,
  type TrustedIssuer,
} from '@countersign/token';

import type { Client, Issuer } from '../../registry/registry.js';
import { refuseRevoked } from '../../status/own-issuer.js';
import type { Revocations } from '../../status/revocations.js';
import type { PartyKeys } from './party-keys.js';

/** Longest life of what a client signs itself, in seconds. */
const longestOwnLife = 300;

const day = '24h';

/** What an issuer of people's tokens may call them where a request says `jwt`. */
const peoplesTokens: TokenProfile = Object.freeze<TokenProfile>({
  name: 'grant-assertion',
  types: ['at+jwt', 'jwt', null],
  requiredClaims: ['sub'],
});

type Party = Client | Issuer;

/**
 * The registry's clients and issuers as parties whose JWTs are verified, each with the profile of
 * what is expected of it. Made once per party and use; a party that changes is another object.
 *
 * What was signed by a client, or about a user, before that one was revoked is refused: it would
 * become a new token of ours otherwise.
 */
export class TrustedParties {
  private readonly logger = new Logger('Token');
  private readonly made = new WeakMap<Party, Map<string, TrustedIssuer | undefined>>();

  constructor(
    private readonly keys: PartyKeys,
    private readonly revocations: Revocations,
  ) {}

  /** A client that authenticates with its own key; undefined when it has none. */
  clientAssertions(client: Client): TrustedIssuer | undefined {
    return this.ofClient(client, client.id, tokenProfiles.clientAssertion);
  }

  /** A client that signs its own tokens, in the name of `iss`; undefined when it has no keys. */
  serviceTokens(client: Client, iss: string): TrustedIssuer | undefined {
    return this.ofClient(client, iss, tokenProfiles.serviceToken);
  }

  /** A client that states, signed, for whom it acts; undefined when it has no keys. */
  clientStatements(client: Client, iss: string): TrustedIssuer | undefined {
    return this.ofClient(client, iss, tokenProfiles.grantAssertion);
  }

  /** A platform that vouches for its workloads. */
  workloads(issuer: Issuer): TrustedIssuer | undefined {
    const isSpiffe = issuer.issuer.startsWith('spiffe:');
    const profile = tokenProfiles[isSpiffe ? 'spiffeAssertion' : 'workloadAssertion'];
    return this.ofIssuer(issuer, profile);
  }

  /** An issuer of people's tokens: access tokens (RFC 9068), or whatever JWT it calls one. */
  people(issuer: Issuer, isAccessToken: boolean): TrustedIssuer | undefined {
    return this.ofIssuer(issuer, isAccessToken ? tokenProfiles.accessToken : peoplesTokens);
  }

  /** An issuer that vouches for users towards this server. */
  statements(issuer: Issuer): TrustedIssuer | undefined {
    return this.ofIssuer(issuer, tokenProfiles.grantAssertion);
  }

  private ofClient(client: Client, iss: string, profile: TokenProfile): TrustedIssuer | undefined {
    const { id, algorithms } = client;
    return this.once(client, `${profile.name} ${iss}`, () => {
      const keys = this.keys.ofClient(client);
      if (keys === undefined) return undefined;
      const revocation = this.revocationOf([id]);
      return party(id, iss, profile, { keys, algorithms, maxLifetime: longestOwnLife, revocation });
    });
  }

  private ofIssuer(from: Issuer, profile: TokenProfile): TrustedIssuer | undefined {
    const { name, issuer, algorithms, maxLifetime } = from;
    // Two profiles have one name: what tells them apart is what they accept.
    return this.once(from, `${profile.name} ${profile.types.join()}`, () =>
      party(name, issuer, profile, {
        keys: this.keys.ofIssuer(from),
        algorithms,
        maxLifetime,
        revocation: this.revocationOf([]),
      }),
    );
  }

  private revocationOf(clients: readonly string[]): RevocationCheck {
    return Object.freeze<RevocationCheck>({
      check: ({ claims: { sub }, issuedAt = 0 }) => {
        // Ids of tokens and keys are ours alone: those of others say nothing.
        const named = { jti: undefined, kid: undefined, clients, subject: String(sub) };
        if (!this.revocations.isRevoked({ ...named, issuedAt })) return;
        refuseRevoked('one who was not revoked since it was signed');
      },
    });
  }

  private once(
    from: Party,
    use: string,
    make: () => TrustedIssuer | undefined,
  ): TrustedIssuer | undefined {
    const uses = this.made.get(from) ?? new Map<string, TrustedIssuer | undefined>();
    this.made.set(from, uses);
    if (!uses.has(use)) uses.set(use, this.usable(from, make));
    return uses.get(use);
  }

  /** Keys of no use are looked for where they are registered; should some be there, nobody has them. */
  private usable(from: Party, make: () => TrustedIssuer | undefined): TrustedIssuer | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const party = 'id' in from ? from.id : from.name;
      this.logger.error({ event: 'keys.unusable', party, reason: error.message });
      return undefined;
    }
  }
}

function party(
  name: string,
  issuer: string,
  profile: TokenProfile,
  bounds: {
    readonly keys: KeyStore;
    readonly algorithms: Client['algorithms'];
    readonly maxLifetime: number;
    readonly revocation: RevocationCheck;
  },
): TrustedIssuer {
  const { keys, maxLifetime, revocation } = bounds;
  const algorithms = bounds.algorithms.length > 0 ? bounds.algorithms : asymmetricAlgorithms;
  const made = assertionIssuer({ name, issuer, profile, algorithms, keys, maxLifetime: day });
  // A cluster may hand out tokens for a year; how long a workload's may live, the registry says.
  return Object.freeze({ ...made, maxLifetime, revocation });
}
