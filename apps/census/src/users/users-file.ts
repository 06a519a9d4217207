import { readConfigFile } from '@countersign/runtime';
import { z } from 'zod';

const PLAIN_TEXT = /^[^\p{Cc}]+$/u;

const oneLine = (max: number) =>
  z.string().trim().min(1).max(max).regex(PLAIN_TEXT, 'holds control characters');

const user = z.strictObject({
  id: z.int().min(1),
  name: oneLine(200),
  email: z.email().max(254),
  team: oneLine(64),
});

const usersFile = z.strictObject({
  users: z
    .array(user)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'an id occurs twice'),
});

/** A person as `USERS_FILE` lists it. */
export type ListedUser = z.infer<typeof user>;

/**
 * Reads `USERS_FILE`: `{ "users": [{ "id", "name", "email", "team" }] }`.
 * @throws ConfigError naming every member that is wrong, without quoting its value.
 */
export async function readUsersFile(path: string): Promise<readonly ListedUser[]> {
  return (await readConfigFile('USERS_FILE', path, usersFile)).users;
}
