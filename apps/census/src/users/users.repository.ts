import type { Database } from '@countersign/storage';
import { eq, inArray, sql } from 'drizzle-orm';

import type { Person } from './may-see-user.js';
import type { ListedUser } from './users-file.js';
import { users, type User } from './users.table.js';

const ROWS_PER_STATEMENT = 500;

/** Reads and writes users. */
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** The user of this number. */
  async find(id: number): Promise<User | undefined> {
    const [found] = await this.database.db.select().from(users).where(eq(users.id, id));
    return found;
  }

  /** What visibility depends on, for those of these users who exist. */
  async findPeople(ids: readonly number[]): Promise<ReadonlyMap<number, Person>> {
    const found = await this.database.db
      .select({ id: users.id, team: users.team })
      .from(users)
      .where(inArray(users.id, [...ids]));
    return new Map(found.map((person) => [person.id, person]));
  }

  /**
   * Writes all of these users, or none: new ones are added, known ones changed, others left.
   * @throws Error without the drivers' text, which quotes people's addresses.
   */
  async import(listed: readonly ListedUser[]): Promise<void> {
    try {
      await this.database.transaction(async ({ db }) => {
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
              },
            });
      });
    } catch (error) {
      const { code = 'no SQLSTATE' } = ((error as Error).cause ?? error) as { code?: string };
      // eslint-disable-next-line preserve-caught-error -- the cause quotes people's addresses
      throw new Error(`The users could not be written (${code})`);
    }
  }
}
