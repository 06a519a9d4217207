import { isUnavailable, type Database, type Session } from '@countersign/storage';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';

import type { ListedUser } from './user-documents.js';
import { nextVersion, users, type User } from './users.table.js';
import type { Person, Visible } from './who-may.js';

/** What of a user is written. */
export type UserMembers = Pick<User, 'name' | 'email' | 'team' | 'role'>;

/** A write that the table refuses. */
export type Refused = 'address-taken' | 'id-taken';

const ROWS_PER_STATEMENT = 500;
const UNIQUE_VIOLATION = '23505';
const person = { id: users.id, team: users.team, role: users.role };

/** Reads and writes users; in the database, or in the transaction it is given. */
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** Runs `work` in one transaction. */
  transaction<T>(work: (tx: Session) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** The user of this number. */
  async find(id: number): Promise<User | undefined> {
    const [found] = await this.database.db.select().from(users).where(eq(users.id, id));
    return found;
  }

  /** The user of this number, whom nobody else changes until the transaction ends. */
  async lock({ db }: Session, id: number): Promise<User | undefined> {
    const [found] = await db.select().from(users).where(eq(users.id, id)).for('update');
    return found;
  }

  /** What visibility depends on, for those of these users who exist. */
  async findPeople(
    ids: readonly (number | undefined)[],
    { db }: Session = this.database,
  ): Promise<ReadonlyMap<number | undefined, Person>> {
    const known = ids.filter((id) => id !== undefined);
    if (known.length === 0) return new Map();
    const found = await db.select(person).from(users).where(inArray(users.id, known));
    return new Map(found.map((one) => [one.id, one]));
  }

  /** The first users behind a number, of those who are visible, by number. */
  async list(visible: Visible, after: number, limit: number): Promise<readonly User[]> {
    if (visible === 'nobody') return [];
    const isVisible = visible === 'everybody' ? undefined : eq(users.team, visible.team);
    return this.database.db
      .select()
      .from(users)
      .where(and(gt(users.id, after), isVisible))
      .orderBy(asc(users.id))
      .limit(limit);
  }

  /** Adds a user. */
  async insert(id: number, members: UserMembers): Promise<User | Refused> {
    return refusedOr(async () => {
      const rows = this.database.db.insert(users).values({ id, ...members });
      return one(await rows.returning());
    });
  }

  /** Changes a user, who gets a new version. */
  update({ db }: Session, id: number, members: UserMembers): Promise<User> {
    return withoutQuotes(async () => {
      const rows = db.update(users).set({ ...members, version: nextVersion });
      return one(await rows.where(eq(users.id, id)).returning());
    });
  }

  /** Removes a user. */
  async delete({ db }: Session, id: number): Promise<void> {
    await db.delete(users).where(eq(users.id, id));
  }

  /**
   * Writes all of these users, or none: new ones are added, known ones changed, others left. Who
   * is listed as they are keeps their version.
   * @throws Error without the drivers' text, which quotes people's addresses.
   */
  async import(listed: readonly ListedUser[]): Promise<void> {
    await withoutQuotes(() =>
      this.database.transaction(async ({ db }) => {
        for (let from = 0; from < listed.length; from += ROWS_PER_STATEMENT)
          await db
            .insert(users)
            .values(listed.slice(from, from + ROWS_PER_STATEMENT))
            .onConflictDoUpdate({
              target: users.id,
              set: {
                name: sql`excluded.name`,
                email: sql`excluded.email`,
                team: sql`excluded.team`,
                role: sql`excluded.role`,
                version: nextVersion,
              },
              setWhere: sql`(users.name, users.email, users.team, users.role)
                IS DISTINCT FROM (excluded.name, excluded.email, excluded.team, excluded.role)`,
            });
      }),
    );
  }
}

/** The table refused a write; the message holds no value. */
export class UserWriteError extends Error {
  override readonly name = 'UserWriteError';

  constructor(
    sqlState: string,
    /** What was refused, if it was a unique value. */
    readonly refused: Refused | undefined,
  ) {
    super(`The users could not be written (${sqlState})`);
  }
}

/** The answer of `write`, or why the table refuses a unique value of it. */
export async function refusedOr<T>(write: () => Promise<T>): Promise<T | Refused> {
  try {
    return await withoutQuotes(write);
  } catch (error) {
    if (error instanceof UserWriteError && error.refused) return error.refused;
    throw error;
  }
}

async function withoutQuotes<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof UserWriteError || isUnavailable(error)) throw error;
    const { code, constraint } = ((error as Error).cause ?? error) as Record<string, unknown>;
    if (typeof code !== 'string') throw error;
    const refused = constraint === 'users_pkey' ? 'id-taken' : 'address-taken';
    // Without the cause, which quotes people's addresses.
    throw new UserWriteError(code, code === UNIQUE_VIOLATION ? refused : undefined);
  }
}

function one(rows: readonly User[]): User {
  const [row] = rows;
  if (!row) throw new Error('The user is gone');
  return row;
}
