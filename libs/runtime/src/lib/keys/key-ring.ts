/**
 * Moves keys from state to state when it is time or when told, and keeps what the request path uses
 * up to date. What is due is decided by pure functions; that it happens once, by the database.
 */
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { AsymmetricAlgorithm, Clock } from '@countersign/token';
import { withLeader, type Database, type Session } from '@countersign/storage';

import { describeError } from '../logging/describe-error.js';
import type { Topic, VersionChange, Versions } from '../versions/versions.js';
import { KeyNotFound, RotationTooSoon } from './key-problems.js';
import { keyRingStatus, type KeyRingStatus } from './key-ring-status.js';
import { lookEvery, maxRings, type KeyTimes } from './key-times.js';
import { planEmergency } from './plan-emergency.js';
import { planRecovery } from './plan-recovery.js';
import { planRotation, waitBeforeRotation } from './plan-rotation.js';
import { keysByState, makeNext, move, type Ring } from './ring.js';
import type { KeyChange, KeySnapshot, RingPlans, SigningKeyStore } from './signing-key-store.js';
import type { SigningKeys } from './signing-keys.js';
import type { SpentKeys, SpentState } from './spent-keys.js';
import { withTrustedAge } from './trusted-age.js';

/** Joins the transaction that changes keys; when it rejects, nothing changes. @publicApi */
export type KeyChangeListener = (tx: Session, changes: readonly KeyChange[]) => Promise<void>;

/**
 * Tells receivers, in the transaction that drops it, never to use this key again. The word must be
 * kept until `keptUntil` (seconds since the epoch).
 * @publicApi
 */
export type CompromisePort = (tx: Session, kid: string, keptUntil: number) => Promise<void>;

/** What a key ring works with. @internal */
export interface KeyRingDeps {
  readonly service: string;
  readonly defaultAlgorithm: AsymmetricAlgorithm;
  readonly database: Database;
  readonly versions: Versions;
  readonly store: SigningKeyStore;
  readonly keys: SigningKeys;
  readonly spent: SpentKeys;
  readonly times: KeyTimes;
  /** What replicas tell each other changes of this ring by. */
  readonly topic: Topic;
  readonly clock: Clock;
}

/**
 * Seconds for which receivers are told of a compromised key. Whoever stole it can date tokens as
 * they like, and a guard uses the set it has for a day and longer while it can read no other.
 * @publicApi
 */
export const compromiseKept = 30 * 86_400;

interface Held extends KeySnapshot {
  /** Monotonic milliseconds at which `now` was read. */
  readonly readAt: number;
}

type Plan = (snapshot: KeySnapshot) => RingPlans;

/** The key rings of this service, one for each algorithm. @publicApi */
export class KeyRing implements OnModuleDestroy {
  private readonly logger = new Logger('Keys');
  private readonly listeners: KeyChangeListener[] = [];
  private readonly sources: (() => Iterable<AsymmetricAlgorithm>)[] = [];
  private readonly wanted = new Set<AsymmetricAlgorithm>();
  /** When this process first saw a key in its state: monotonic milliseconds by kid and state. */
  private seen = new Map<string, number>();
  private held: Held | undefined;
  /** What nobody waits for but the shutdown. */
  private readonly working = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isStopped = false;

  /** @internal */
  constructor(private readonly deps: KeyRingDeps) {
    this.wanted.add(deps.defaultAlgorithm);
  }

  /**
   * Loads the keys, makes the first ones, and looks after them from now on. Refuses (ConfigError)
   * a sealing key that does not open what signs.
   * @internal
   */
  async start(): Promise<void> {
    const resealed = await this.deps.store.reseal();
    if (resealed > 0) this.logger.log({ event: 'keys.resealed', count: resealed });
    await this.deps.versions.watch(this.deps.topic, (_version, change) => this.apply(change));
    this.schedule();
  }

  /**
   * Told, inside its transaction, of every change that this ring makes by itself; for audit. What a
   * command changes, its `within` is told.
   */
  onChange(listener: KeyChangeListener): void {
    this.listeners.push(listener);
  }

  /**
   * Asked at every look which algorithms are wanted, so that their keys are announced before the
   * first token needs them; `SigningKeys.signer` asks for one, too.
   */
  follow(source: () => Iterable<AsymmetricAlgorithm>): void {
    this.sources.push(source);
  }

  /** Times by which keys change, in seconds. */
  get times(): KeyTimes {
    return this.deps.times;
  }

  /** All keys and what they wait for, read from the database. */
  async status(): Promise<KeyRingStatus> {
    const snapshot = await this.deps.store.read();
    return keyRingStatus({ snapshot, trusted: this.trusted(snapshot) }, this.deps);
  }

  /**
   * Lets the `next` key of an algorithm (the default unless told) sign now. `within` joins the
   * transaction.
   *
   * Rejects with RotationTooSoon (429) until that key has been announced, counted from when this
   * process saw it first; that bounds how often anybody can rotate. KeyNotFound (404) for an
   * algorithm without a ring.
   */
  async rotate(
    algorithm: AsymmetricAlgorithm = this.deps.defaultAlgorithm,
    within: KeyChangeListener = async () => undefined,
  ): Promise<readonly KeyChange[]> {
    return this.change((snapshot) => {
      const ring = this.ringOf(this.trusted(snapshot), algorithm);
      const { active, next } = keysByState(ring);
      if (active === undefined || next === undefined) throw new KeyNotFound();
      const wait = waitBeforeRotation(ring, snapshot.now, this.deps.times);
      if (wait > 0) throw new RotationTooSoon(wait);
      const steps = [move(active.kid, 'retiring'), move(next.kid, 'active'), makeNext];
      return new Map([[algorithm, steps]]);
    }, within);
  }

  /**
   * Drops a compromised key at once: it is published no more, `next` signs if it was the one that
   * signed, and `onCompromised` tells receivers in the same transaction. Tokens that it signed are
   * refused from then on; that is the point.
   *
   * Rejects with KeyNotFound (404) for a key that is not live. When `onCompromised` rejects, nothing
   * has changed.
   */
  async emergency(
    kid: string,
    onCompromised: CompromisePort,
    within: KeyChangeListener = async () => undefined,
  ): Promise<readonly KeyChange[]> {
    let keptUntil = 0;
    const plan: Plan = (snapshot) => {
      keptUntil = Math.ceil(snapshot.now) + compromiseKept;
      for (const algorithm of this.algorithmsOf(snapshot)) {
        const steps = planEmergency(this.ringOf(snapshot, algorithm), kid);
        if (steps) return new Map([[algorithm, steps]]);
      }
      throw new KeyNotFound();
    };
    return this.change(plan, async (tx, changes) => {
      await onCompromised(tx, kid, keptUntil);
      await within(tx, changes);
    });
  }

  /** Makes a ring for an algorithm; its first key signs when it has been announced. @internal */
  want(algorithm: AsymmetricAlgorithm): void {
    if (!this.note(algorithm)) return;
    this.inBackground(() => this.change((snapshot) => this.due(this.trusted(snapshot))));
  }

  /** Stops looking after the keys; what is being changed is finished first. */
  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await Promise.all(this.working);
  }

  /** Whether this algorithm is new, and there is room for its ring. */
  private note(algorithm: AsymmetricAlgorithm): boolean {
    if (this.wanted.has(algorithm) || this.wanted.size >= maxRings) return false;
    this.wanted.add(algorithm);
    return true;
  }

  private async apply({ isContinuous }: VersionChange): Promise<void> {
    if (!isContinuous) await this.recover();
    await this.load();
  }

  /** First of all at a start, and whenever the database may be another one than before. */
  private async recover(): Promise<void> {
    const { times, spent } = this.deps;
    await this.update((snapshot) => {
      const plans = new Map(this.due(this.trusted(snapshot)));
      for (const algorithm of this.algorithmsOf(snapshot)) {
        const ring = this.ringOf(snapshot, algorithm);
        const steps = planRecovery(ring, snapshot.now, times, spent.known);
        if (steps.length > 0) plans.set(algorithm, steps);
      }
      return plans;
    });
  }

  private async load(): Promise<void> {
    const readAt = this.deps.clock.monotonic();
    const snapshot = await this.deps.store.read();
    await this.remember(snapshot);
    this.held = { ...snapshot, readAt };
    this.deps.keys.replace(snapshot.keys);
  }

  private async remember({ keys }: KeySnapshot): Promise<void> {
    const now = this.deps.clock.monotonic();
    this.seen = new Map(keys.map((key) => [nameOf(key), this.seen.get(nameOf(key)) ?? now]));
    const spent = keys.filter(({ state }) => state === 'retiring' || state === 'retired');
    try {
      await this.deps.spent.learn(
        new Map(spent.map(({ kid, state }) => [kid, state as SpentState])),
      );
    } catch (error) {
      // It is a second line of defence: a full disk must not stop the first.
      this.logger.warn({ event: 'keys.not-remembered', err: describeError(error) });
    }
  }

  /** A change by command: made, and known here, before it is answered. */
  private async change(plan: Plan, within?: KeyChangeListener): Promise<readonly KeyChange[]> {
    const changes = await this.update(plan, within);
    try {
      if (changes.length > 0) await this.deps.versions.refresh(this.deps.topic);
    } catch {
      // What is held may sign with a key that was just dropped: better nothing, until it can be read.
      this.held = undefined;
      this.deps.keys.forget();
    }
    return changes;
  }

  private async update(plan: Plan, within?: KeyChangeListener): Promise<readonly KeyChange[]> {
    const { store, versions, topic } = this.deps;
    await this.prepare(plan);
    const changes = await store.update({
      plan,
      within: async (tx, made) => {
        await versions.bump(tx, topic);
        for (const listener of within ? [within] : this.listeners) await listener(tx, made);
      },
    });
    if (changes.length > 0) this.logger.log({ event: 'keys.changed', changes });
    return changes;
  }

  /** Makes keys before the transaction that needs them: with RSA that takes long. */
  private async prepare(plan: Plan): Promise<void> {
    const plans = plan(await this.deps.store.read());
    for (const [algorithm, steps] of plans) {
      if (steps.some(({ kind }) => kind === 'make')) await this.deps.store.prepare(algorithm);
    }
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.inBackground(() => this.look().finally(() => this.schedule()));
    }, lookEvery(this.deps.times)).unref();
  }

  /** Asks the database for nothing unless something is due by what is held. */
  private async look(): Promise<void> {
    const { database, service, clock } = this.deps;
    if (this.held === undefined) return this.load();
    for (const source of this.sources) for (const algorithm of source()) this.note(algorithm);
    const { now, readAt, keys } = this.held;
    const estimate = { now: now + (clock.monotonic() - readAt) / 1000, keys };
    if (this.due(this.trusted(estimate)).size === 0) return;
    await withLeader(database, `keys:${service}`, async () => {
      await this.change((snapshot) => this.due(this.trusted(snapshot)));
    });
  }

  private due(snapshot: KeySnapshot): RingPlans {
    const plans = this.algorithmsOf(snapshot).map(
      (algorithm) =>
        [
          algorithm,
          planRotation(this.ringOf(snapshot, algorithm), snapshot.now, this.deps.times),
        ] as const,
    );
    return new Map(plans.filter(([, steps]) => steps.length > 0));
  }

  /** The default and those that have keys, always; what is wanted, as long as there is room. */
  private algorithmsOf({ keys }: KeySnapshot): readonly AsymmetricAlgorithm[] {
    const live = keys.filter(({ state }) => state !== 'retired');
    const algorithms = new Set([
      this.deps.defaultAlgorithm,
      ...live.map(({ algorithm }) => algorithm),
    ]);
    for (const algorithm of this.wanted) if (algorithms.size < maxRings) algorithms.add(algorithm);
    return [...algorithms];
  }

  /** When the default becomes another algorithm, the one before signs until that is announced. */
  private ringOf({ keys }: KeySnapshot, algorithm: AsymmetricAlgorithm): Ring {
    const isOther = (key: { algorithm: string }) => key.algorithm !== algorithm;
    const mustSign =
      algorithm === this.deps.defaultAlgorithm &&
      !keys.some((key) => key.state === 'active' && isOther(key));
    return { mustSign, keys: keys.filter((key) => !isOther(key)) };
  }

  private trusted(snapshot: KeySnapshot): KeySnapshot {
    const now = this.deps.clock.monotonic();
    const keys = snapshot.keys.map((key) => {
      const seenFor = (now - (this.seen.get(nameOf(key)) ?? now)) / 1000;
      return withTrustedAge(key, snapshot.now, seenFor);
    });
    return { now: snapshot.now, keys };
  }

  private inBackground(work: () => Promise<unknown>): void {
    const working = this.settle(work()).finally(() => this.working.delete(working));
    this.working.add(working);
  }

  /** Never rejects: what fails is tried again at the next look. Said once, not every time. */
  private async settle(work: Promise<unknown>): Promise<void> {
    try {
      await work;
      if (this.isFailing) this.logger.log({ event: 'keys.recovered' });
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.warn({ event: 'keys.failed', err: describeError(error) });
      this.isFailing = true;
    }
  }
}

function nameOf({ kid, state }: { readonly kid: string; readonly state: string }): string {
  return `${kid}:${state}`;
}
