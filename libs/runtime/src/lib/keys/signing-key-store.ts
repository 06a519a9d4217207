import type { AsymmetricAlgorithm, SigningJwk, SigningKey } from '@countersign/token';
import { generateSigningKey } from '@countersign/token';
import type { Database, Session } from '@countersign/storage';
import { and, desc, eq, inArray } from 'drizzle-orm';

import type { KeySealer } from './key-sealer.js';
import type { KeyState, RingKey, RingStep } from './ring.js';
import { signingKeysTable as table } from './signing-keys.table.js';

/** A key as it is in the database. @internal */
export interface StoredKey extends RingKey {
  readonly algorithm: AsymmetricAlgorithm;
  readonly publicJwk: SigningJwk;
  /** Sealed; only keys that sign or will sign have one. */
  readonly sealedPrivateJwk: string | null;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly isCompromised: boolean;
}

/** The keys of a service at one moment of the database's clock. @internal */
export interface KeySnapshot {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Newest first; the last hundred retired ones among them. */
  readonly keys: readonly StoredKey[];
}

/** A key that came into another state. @publicApi */
export interface KeyChange {
  readonly kid: string;
  readonly algorithm: AsymmetricAlgorithm;
  readonly to: KeyState;
  readonly isCompromised: boolean;
}

/** What to do with the keys of each algorithm. @internal */
export type RingPlans = ReadonlyMap<AsymmetricAlgorithm, readonly RingStep[]>;

/** One transaction that changes keys. @internal */
export interface KeyUpdate {
  /** Decides on what the transaction sees; throws to change nothing. */
  readonly plan: (snapshot: KeySnapshot) => RingPlans;
  /** Joins the transaction when something changed. */
  readonly within: (tx: Session, changes: readonly KeyChange[]) => Promise<void>;
}

/** Retired keys that are remembered. */
const remembered = 100;

/** First half of the advisory lock's key: "sgky" in ASCII. */
const lockClass = 0x73676b79;

/** The keys of one service in its database, private halves sealed. @internal */
export class SigningKeyStore {
  /** Made before a transaction asks for them: an RSA key takes long, and others wait. */
  private readonly spare = new Map<AsymmetricAlgorithm, SigningKey>();

  constructor(
    private readonly database: Database,
    private readonly service: string,
    private readonly sealer: KeySealer,
  ) {}

  /** All keys, by the clock of the database. */
  async read(session: Session = this.database): Promise<KeySnapshot> {
    const { rows } = await session.execute<{ now: number }>(
      'select extract(epoch from clock_timestamp())::float8 as now',
    );
    const keys = await session.db
      .select()
      .from(table)
      .where(eq(table.service, this.service))
      .orderBy(desc(table.createdAt), desc(table.kid));
    return { now: Number(rows[0]?.now), keys: keys.map(toStoredKey) };
  }

  /** Makes a key of this algorithm that the next transaction can take. */
  async prepare(algorithm: AsymmetricAlgorithm): Promise<void> {
    if (!this.spare.has(algorithm)) this.spare.set(algorithm, await generateSigningKey(algorithm));
  }

  /**
   * Changes keys in one transaction, one replica at a time: what the second one plans, it plans on
   * what the first one left. Returns what changed.
   */
  async update({ plan, within }: KeyUpdate): Promise<readonly KeyChange[]> {
    return this.database.transaction(async (tx) => {
      await tx.execute('select pg_advisory_xact_lock($1, hashtext($2))', [lockClass, this.service]);
      const snapshot = await this.read(tx);
      const changes: KeyChange[] = [];
      for (const [algorithm, steps] of plan(snapshot)) {
        for (const step of steps) {
          changes.push(await this.take(tx, { algorithm, step, now: snapshot.now }));
        }
      }
      if (changes.length === 0) return changes;
      await this.forgetOldest(tx, snapshot.keys);
      await within(tx, changes);
      return changes;
    });
  }

  /** Seals with the current sealing key what was sealed with the previous one; returns how many. */
  async reseal(): Promise<number> {
    return this.database.transaction(async (tx) => {
      await tx.execute('select pg_advisory_xact_lock($1, hashtext($2))', [lockClass, this.service]);
      const { keys } = await this.read(tx);
      let count = 0;
      for (const { kid, sealedPrivateJwk } of keys) {
        const text = sealedPrivateJwk && this.sealer.resealed({ kid, sealedPrivateJwk });
        if (!text) continue;
        await tx.db.update(table).set({ sealedPrivateJwk: text }).where(eq(table.kid, kid));
        count += 1;
      }
      return count;
    });
  }

  /** The private half of a key that signs or will sign. Refuses (ConfigError) what does not open. */
  open({ kid, sealedPrivateJwk }: StoredKey): SigningJwk {
    if (sealedPrivateJwk === null) throw new Error(`signing key ${kid} has no private half`);
    return this.sealer.open({ kid, sealedPrivateJwk });
  }

  private async take(
    tx: Session,
    { algorithm, step, now }: { algorithm: AsymmetricAlgorithm; step: RingStep; now: number },
  ): Promise<KeyChange> {
    const at = new Date(now * 1000);
    if (step.kind === 'make') return this.make(tx, { algorithm, state: step.state, at });
    const { kid, to, isCompromised = false } = step;
    await tx.db
      .update(table)
      .set({
        state: to,
        since: at,
        compromised: isCompromised,
        ...(to === 'active' ? {} : { sealedPrivateJwk: null }),
      })
      .where(and(eq(table.service, this.service), eq(table.kid, kid)));
    return { kid, algorithm, to, isCompromised };
  }

  private async make(
    tx: Session,
    { algorithm, state, at }: { algorithm: AsymmetricAlgorithm; state: KeyState; at: Date },
  ): Promise<KeyChange> {
    const { publicJwk, privateJwk } =
      this.spare.get(algorithm) ?? (await generateSigningKey(algorithm));
    this.spare.delete(algorithm);
    const { kid } = publicJwk;
    await tx.db.insert(table).values({
      kid,
      service: this.service,
      algorithm,
      publicJwk,
      sealedPrivateJwk: this.sealer.seal(privateJwk),
      state,
      createdAt: at,
      since: at,
    });
    return { kid, algorithm, to: state, isCompromised: false };
  }

  private async forgetOldest(tx: Session, keys: readonly StoredKey[]): Promise<void> {
    const retired = keys.filter(({ state }) => state === 'retired');
    const oldest = retired.sort((a, b) => b.since - a.since).slice(remembered);
    if (oldest.length === 0) return;
    const kids = oldest.map(({ kid }) => kid);
    await tx.db.delete(table).where(and(eq(table.service, this.service), inArray(table.kid, kids)));
  }
}

function toStoredKey(row: typeof table.$inferSelect): StoredKey {
  const { kid, state, algorithm, publicJwk, sealedPrivateJwk, compromised } = row;
  return {
    kid,
    state,
    algorithm,
    publicJwk,
    sealedPrivateJwk,
    since: row.since.getTime() / 1000,
    createdAt: row.createdAt.getTime() / 1000,
    isCompromised: compromised,
  };
}
