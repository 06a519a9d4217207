import { Logger, type OnModuleInit } from '@nestjs/common';
import { staticKeys, type Algorithm, type TrustEntry, type TrustSource } from '@countersign/token';
import { createTestIssuer, testClock, type TestIssuer } from '@countersign/testing';
import type { CountersignOptions } from '@countersign/auth';

import { Rehearsal } from './rehearsal.js';

const logger = new Logger('Countersign');

/** Somebody the application trusts, whose key the test holds. @internal */
export interface Speaker {
  readonly entry: TrustEntry;
  readonly issuer: TestIssuer;
}

/**
 * In place of everybody whom an application trusts: the same names, limits and carriers, with keys
 * that exist in this process only.
 * @internal
 */
export class TestTrust implements OnModuleInit {
  /** Starts now: the stores of the application have clocks of their own. */
  readonly clock = testClock(Math.floor(Date.now() / 1000));
  readonly rehearsal = new Rehearsal();
  #speakers: readonly Speaker[] = [];
  #audiences: Readonly<Record<string, string>> = {};
  #publicUrl: string | undefined;

  constructor(private readonly added: readonly TrustEntry[]) {}

  get speakers(): readonly Speaker[] {
    return this.#speakers;
  }

  get audiences(): Readonly<Record<string, string>> {
    return this.#audiences;
  }

  get publicUrl(): string | undefined {
    return this.#publicUrl;
  }

  /** Nobody starts like this without the log saying so. */
  onModuleInit(): void {
    logger.warn({ event: 'trust.test', then: 'only issuers of this test are trusted' });
  }

  /** The options of the application, with its issuers, its clock and its network replaced. */
  takeOver(options: CountersignOptions): CountersignOptions {
    const listed = Array.isArray(options.trust) ? options.trust : [options.trust];
    const entries = [...(listed as readonly (TrustEntry | TrustSource)[]), ...this.added];
    const parties = entries.filter(isEntry).map((entry) => this.#party(entry));
    this.#speakers = parties.filter((party) => 'issuer' in party);
    this.#audiences = options.audiences;
    this.#publicUrl = options.publicUrl;
    return {
      ...options,
      trust: parties.map(({ entry }) => entry),
      clock: this.clock,
      fetch: () => Promise.reject(new Error('access tests use no network')),
    };
  }

  /** Issuers of other kinds stay as they are: without network their tokens are refused. */
  #party(entry: TrustEntry): Speaker | { readonly entry: TrustEntry } {
    const { kind, name, issuer: iss, algorithms } = entry;
    const isKnown = kind === 'service-peer' || kind === 'authorization-server';
    const [algorithm] = algorithms;
    if (!isKnown || algorithm === undefined || entry.keys.from === 'introspection')
      return { entry: withoutFeed(entry) };
    const issuer = createTestIssuer({
      kind,
      name,
      issuer: iss,
      algorithm: algorithms.includes('ES256') ? 'ES256' : algorithm,
      clock: this.clock,
    });
    const store = staticKeys([issuer.key.jwk], algorithms, { symmetric: isSecret(algorithm) });
    return { entry: { ...withoutFeed(entry), keys: { from: 'configuration', store } }, issuer };
  }
}

const isEntry = (member: TrustEntry | TrustSource): member is TrustEntry => !('load' in member);

const isSecret = (algorithm: Algorithm): boolean => algorithm.startsWith('HS');

/** What would be followed over the network is not; what this process holds itself still counts. */
function withoutFeed({ revocation, ...entry }: TrustEntry): TrustEntry {
  return revocation !== undefined && 'check' in revocation ? { ...entry, revocation } : entry;
}
