import type { AsymmetricAlgorithm, SigningJwk } from '@countersign/token';
import { generateSigningKey } from '@countersign/token';
import type { Database } from '@countersign/storage';
import { and, eq, inArray } from 'drizzle-orm';

import { ConfigError } from '../config/config-error.js';
import { seal, unseal } from './seal.js';
import { signingKeysTable as table } from './signing-keys.table.js';

/** A key with its private half, as it comes out of the database. @internal */
export interface StoredKey {
  readonly kid: string;
  readonly algorithm: AsymmetricAlgorithm;
  readonly privateJwk: SigningJwk;
}

/** The keys of one service in its database, private halves sealed. @internal */
export class SigningKeyStore {
  constructor(
    private readonly database: Database,
    private readonly service: string,
    private readonly sealingKey: Buffer,
  ) {}

  /**
   * The active key; made if there is none. Of two replicas at their first boot one makes it and
   * both return it: the database allows one active key.
   */
  async active(algorithm: AsymmetricAlgorithm): Promise<StoredKey> {
    return (await this.findActive()) ?? (await this.create(algorithm));
  }

  /** Public halves of the keys whose tokens are still accepted, newest first. */
  async published(): Promise<SigningJwk[]> {
    const rows = await this.database.db
      .select({ jwk: table.publicJwk, createdAt: table.createdAt })
      .from(table)
      .where(and(eq(table.service, this.service), inArray(table.state, ['active', 'retiring'])));
    return rows.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime()).map((row) => row.jwk);
  }

  private async findActive(): Promise<StoredKey | undefined> {
    const [row] = await this.database.db
      .select()
      .from(table)
      .where(and(eq(table.service, this.service), eq(table.state, 'active')));
    if (!row) return undefined;
    const { kid, algorithm } = row;
    return { kid, algorithm, privateJwk: this.open(kid, row.sealedPrivateJwk) };
  }

  private async create(algorithm: AsymmetricAlgorithm): Promise<StoredKey> {
    const { publicJwk, privateJwk } = await generateSigningKey(algorithm);
    const { kid } = publicJwk;
    const row = {
      kid,
      service: this.service,
      algorithm,
      publicJwk,
      sealedPrivateJwk: seal(this.sealingKey, kid, JSON.stringify(privateJwk)),
      state: 'active' as const,
    };
    await this.database.db.insert(table).values(row).onConflictDoNothing();
    const active = await this.findActive();
    if (!active) throw new Error('the active signing key vanished');
    return active;
  }

  private open(kid: string, sealed: string): SigningJwk {
    try {
      return JSON.parse(unseal(this.sealingKey, kid, sealed)) as SigningJwk;
    } catch (cause) {
      throw new ConfigError(
        [
          `KEY_ENCRYPTION_KEY: does not open signing key ${kid} of ${this.service}. Set the key it ` +
            'was sealed with: replicas that share a database must share it, too',
        ],
        { cause },
      );
    }
  }
}
