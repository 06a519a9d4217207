/** Tells Terminus what the library depends on. Must not know requests or tokens. */
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { checkOption, type ReplayStore } from '@countersign/token';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';

/** Which issuers this service cannot do without. @publicApi */
export interface KeysHealthOptions {
  /** Names of trusted issuers without whose keys it is down; without them it is only degraded. */
  readonly required?: readonly string[];
}

type Health = 'up' | 'degraded' | 'down';
type Details = Record<string, unknown>;

/** Milliseconds that a replay store has to answer. */
const patience = 2_000;

/**
 * Health indicators for Terminus. They name states, ages in seconds and counts; no address, no key and no
 * text of an error, which the log has: such pages are often open.
 *
 * @example
 * @Module({ imports: [TerminusModule], controllers: [HealthController], providers: [CountersignHealthIndicator] })
 * // and in the controller
 * return this.health.check([() => this.countersign.keys(), () => this.countersign.replay()]);
 * @publicApi
 */
@Injectable()
export class CountersignHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly health: HealthIndicatorService,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * The keys of each issuer that publishes them, read now where they are due. Down where nobody can be
   * verified, or a required issuer cannot; degraded where some issuer cannot, or its keys should have been
   * read again.
   * @throws TypeError for a required name that no issuer has.
   */
  async keys(options: KeysHealthOptions = {}, key = 'countersign_keys') {
    const { required = [] } = options;
    const { trust } = this.options;
    const names = trust.issuers.map(({ name }) => name);
    for (const name of required)
      checkOption(names.includes(name), 'required', `name trusted issuers, not ${name}`);
    // What cannot be read is seen in the status.
    await trust.load().catch(() => undefined);
    const keys = Object.entries(trust.status());
    const empty = keys.filter(([, { state }]) => state === 'empty').map(([name]) => name);
    const isStale = keys.some(([, { state }]) => state === 'stale');
    const isAlone = empty.length > 0 && empty.length === trust.issuers.length;
    const isMissing = isAlone || required.some((name) => empty.includes(name));
    return this.told(
      key,
      isMissing ? 'down' : empty.length > 0 || isStale ? 'degraded' : 'up',
      Object.fromEntries(
        keys.map(([name, { state, age, failures }]) => [
          name,
          { state, age: seconds(age), failures },
        ]),
      ),
    );
  }

  /**
   * The sources that tell whom to trust. Down where one was never read or may not be believed any more:
   * then requests are refused; degraded where one fails.
   */
  async trust(key = 'countersign_trust') {
    const sources = this.options.trust.sources();
    const states = sources.map(({ state }) => state);
    const isUnheard = states.some((state) => state === 'never' || state === 'old');
    return this.told(key, isUnheard ? 'down' : states.includes('failing') ? 'degraded' : 'up', {
      sources: sources.map(({ state, age, size, failures }) => ({
        state,
        age: seconds(age),
        size,
        failures,
      })),
    });
  }

  /**
   * The revocation feeds that are followed. Where nothing was heard for too long, down if that refuses
   * requests, degraded if revoked tokens may pass.
   */
  async revocations(key = 'countersign_revocations') {
    const feeds = Object.entries(this.options.trust.revocations());
    const silent = feeds.filter(([, { state }]) => state === 'never' || state === 'stale');
    const isRefusing = silent.some(([, { onStale }]) => onStale === 'refuse');
    return this.told(
      key,
      isRefusing ? 'down' : silent.length > 0 ? 'degraded' : 'up',
      Object.fromEntries(
        feeds.map(([name, { state, age, size, onStale }]) => [
          name,
          { state, age: seconds(age), size, onStale },
        ]),
      ),
    );
  }

  /**
   * The replay store: down where it does not answer in 2 s. A store that cannot be asked, and none, is up,
   * and the details say so.
   */
  async replay(key = 'countersign_replay') {
    const { replay } = this.options;
    if (replay === undefined || replay === 'off')
      return this.told(key, 'up', { store: replay ?? 'none' });
    if (replay.check === undefined) return this.told(key, 'up', { store: 'unchecked' });
    return this.health
      .check(key)
      .attempt(() => asked(replay))
      .withTimeout(patience);
  }

  private told(key: string, state: Health, details: Details): HealthIndicatorResult {
    const session = this.health.check(key);
    if (state === 'up') return session.up(details);
    return state === 'down' ? session.down(details) : session.degraded(details);
  }

  private get options(): ResolvedOptions {
    return this.moduleRef.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  }
}

async function asked(replay: ReplayStore): Promise<void> {
  try {
    await replay.check?.();
  } catch (cause) {
    // Its own message names hosts and users.
    throw new Error('it does not answer', { cause });
  }
}

function seconds(age: number | undefined): number | undefined {
  return age === undefined ? undefined : Math.floor(age);
}
