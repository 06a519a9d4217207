import { readConfigFile } from '@countersign/runtime';
import { z } from 'zod';

import { listedUser, type ListedUser } from './user-documents.js';

const areDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const usersFile = z.strictObject({
  users: z
    .array(listedUser)
    .refine((list) => areDistinct(list.map(({ id }) => id)), 'an id occurs twice')
    .refine(
      (list) => areDistinct(list.map(({ email }) => email.toLowerCase())),
      'an address occurs twice',
    ),
});

/**
 * Reads `USERS_FILE`: `{ "users": [{ "id", "name", "email", "team", "role"? }] }`.
 * @throws ConfigError naming every member that is wrong, without quoting its value.
 */
export async function readUsersFile(path: string): Promise<readonly ListedUser[]> {
  return (await readConfigFile('USERS_FILE', path, usersFile)).users;
}
