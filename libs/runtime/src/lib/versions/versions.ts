/**
 * Who learns of changes, how: one table of numbers that only grow, a notification for speed and a
 * poll for what a notification missed. Knows no topic's content.
 */
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '@countersign/token';
import type { Database, Session } from '@countersign/storage';

import { describeError } from '../logging/describe-error.js';
import { WatchedTopic, type Asked, type SeenVersion } from './watched-topic.js';

/** What replicas tell each other about. @publicApi */
export type Topic = 'registry' | 'keys' | 'people-keys' | 'revocations';

/** What `apply` is told besides the version. @publicApi */
export interface VersionChange {
  /**
   * Whether this version came from the one applied last by changes alone. False the first time,
   * after a lost connection, and when the database went backwards (a restored backup): what was
   * loaded before proves nothing then, and everything is to be read again.
   */
  readonly isContinuous: boolean;
}

/** Brings a process up to a version; must read at least that version. @publicApi */
export type ApplyVersion = (version: number, change: VersionChange) => Promise<void>;

/** Times of `Versions`; tests shorten them. @publicApi */
export interface VersionsTimes {
  /** Milliseconds between polls; 1 second unless given. */
  readonly pollEvery?: number;
  /** Milliseconds after which a poll without an answer counts as failed; 5 seconds unless given. */
  readonly patience?: number;
}

/** A row of the table; without topic, version and stamp when the table is empty. */
interface SeenRow {
  readonly table: string;
  readonly topic: string | null;
  readonly version: string | null;
  readonly stamp: string | null;
}

const channel = 'countersign_versions';

/** Milliseconds for which a process may act on what it knew last. */
const freshFor = 30_000;

/**
 * Versions of shared state in the database: who changes it bumps, who holds a copy watches.
 * @publicApi
 */
export class Versions implements OnApplicationShutdown {
  private readonly logger = new Logger('Versions');
  private readonly topics = new Map<string, WatchedTopic>();
  /** What failed when it was last tried: it is logged once, not every second. */
  private readonly failing = new Set<string>();
  private readonly pollEvery: number;
  private readonly patience: number;
  private turn = 0;
  private polling: Promise<void> | undefined;
  private isPollWanted = false;
  private timer: NodeJS.Timeout | undefined;
  private unlisten: Promise<() => Promise<void>> | undefined;
  private isStopped = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    { pollEvery = 1_000, patience = 5_000 }: VersionsTimes = {},
  ) {
    this.pollEvery = pollEvery;
    this.patience = patience;
  }

  /**
   * Counts one change inside the transaction that makes it, and notifies whoever watches when that
   * commits. The row stays locked until then: versions are in the order of commits, and bumping
   * first makes writers of a topic take turns.
   */
  async bump(tx: Session, topic: Topic): Promise<number> {
    const { rows } = await tx.execute<{ version: string }>(
      `insert into versions (topic, version) values ($1, 1)
       on conflict (topic) do update set version = versions.version + 1
       returning version::text as version`,
      [topic],
    );
    await tx.execute('select pg_notify($1, $2)', [channel, topic]);
    return Number(rows[0]?.version);
  }

  /**
   * Makes writers of a topic take turns until the transaction ends, and answers the version that is
   * the newest meanwhile: for a writer that has to look before it knows whether it changes anything.
   */
  async lock(tx: Session, topic: Topic): Promise<number> {
    await tx.execute('insert into versions values ($1, 0) on conflict (topic) do nothing', [topic]);
    const { rows } = await tx.execute<{ version: string }>(
      'select version::text as version from versions where topic = $1 for update',
      [topic],
    );
    return Number(rows[0]?.version);
  }

  /** The version a transaction sees; 0 before the first change. */
  async read(session: Session, topic: Topic): Promise<number> {
    const { rows } = await session.execute<{ version: string }>(
      'select version::text as version from versions where topic = $1',
      [topic],
    );
    return Number(rows[0]?.version ?? 0);
  }

  /**
   * Applies the version of now (rejects when that fails), then every later one, one at a time;
   * several changes at once are one apply. A failing apply is retried every poll, and the topic
   * grows stale meanwhile. Refuses (TypeError) a second watcher of a topic.
   */
  async watch(topic: Topic, apply: ApplyVersion): Promise<void> {
    if (this.topics.has(topic)) throw new TypeError(`versions: ${topic} is watched already`);
    const watched = new WatchedTopic(apply);
    this.topics.set(topic, watched);
    try {
      this.unlisten ??= this.database.listen(channel, (payload) => this.onNotify(payload));
      await this.unlisten;
      const asked = this.nextTurn();
      await watched.observe({ seen: (await this.ask())(topic), asked });
    } catch (error) {
      this.topics.delete(topic);
      throw error;
    }
    this.schedule();
  }

  /** Milliseconds since this process last knew itself up to date with the database. */
  age(topic: Topic): number {
    const at = this.topics.get(topic)?.upToDate.at ?? Number.NEGATIVE_INFINITY;
    return this.clock.monotonic() - at;
  }

  /** Whether what this process holds may still be acted on: it was up to date 30 s ago or less. */
  isFresh(topic: Topic): boolean {
    return this.age(topic) < freshFor;
  }

  /**
   * Asks the database now, whatever the timer says, and applies what is new. Resolves when this
   * process knows all that was committed before the call; rejects when it cannot know.
   */
  async refresh(topic: Topic): Promise<void> {
    const before = this.turn;
    const watched = this.topics.get(topic);
    if (!watched) throw new TypeError(`versions: nobody watches ${topic}`);
    await this.poll();
    await watched.settled();
    if (watched.upToDate.turn <= before)
      throw new Error(`versions: ${topic} could not be brought up to date`);
  }

  /** Stops polling and listening; called when the last request is answered. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.polling;
    const stop = await this.unlisten;
    await stop?.();
  }

  private onNotify(payload: string | undefined): void {
    // Reconnected, perhaps to a server that was restored or that took over with less.
    if (payload === undefined) for (const topic of this.topics.values()) topic.breakOff();
    void this.poll();
  }

  private schedule(): void {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), this.pollEvery).unref();
  }

  /** One poll at a time; one that is asked for meanwhile follows. Never rejects. */
  private poll(): Promise<void> {
    this.isPollWanted = true;
    this.polling ??= this.pollWhileWanted().finally(() => {
      this.polling = undefined;
      this.schedule();
    });
    return this.polling;
  }

  private async pollWhileWanted(): Promise<void> {
    while (this.isPollWanted && !this.isStopped) {
      this.isPollWanted = false;
      await this.pollOnce();
    }
  }

  /** Does not wait for what is applied: a topic that takes long must not hold up the others. */
  private async pollOnce(): Promise<void> {
    const asked = this.nextTurn();
    const seenOf = await this.settle('database', this.ask());
    if (!seenOf) return;
    for (const [topic, watched] of this.topics) {
      void this.settle(topic, watched.observe({ seen: seenOf(topic), asked }));
    }
  }

  private nextTurn(): Asked {
    this.turn += 1;
    return { turn: this.turn, at: this.clock.monotonic() };
  }

  private async settle<T>(name: string, work: Promise<T>): Promise<T | undefined> {
    try {
      const done = await work;
      if (this.failing.delete(name)) this.logger.log({ event: 'versions.recovered', of: name });
      return done;
    } catch (error) {
      if (!this.failing.has(name)) {
        this.logger.warn({ event: 'versions.failed', of: name, err: describeError(error) });
      }
      this.failing.add(name);
      return undefined;
    }
  }

  private async ask(): Promise<(topic: string) => SeenVersion> {
    const { rows } = await this.withPatience(
      this.database.execute<SeenRow>(
        `select one.id as "table", topic, version::text as version, versions.xmin::text as stamp
         from (select 'versions'::regclass::oid::text as id) one left join versions on true`,
      ),
    );
    const table = rows[0]?.table ?? '';
    const seen = new Map(
      rows.map(({ topic, version, stamp }) => [
        topic,
        { version: Number(version ?? 0), stamp: stamp ?? '', table },
      ]),
    );
    return (topic) => seen.get(topic) ?? { version: 0, stamp: '', table };
  }

  private async withPatience<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the database does not answer')), this.patience);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
