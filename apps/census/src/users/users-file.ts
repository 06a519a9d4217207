import { readFile } from 'node:fs/promises';
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
 * @throws TypeError naming the file and every member that is wrong, without quoting its value.
 */
export async function readUsersFile(path: string): Promise<readonly ListedUser[]> {
  const parsed = usersFile.safeParse(parse(path, await read(path)));
  if (parsed.success) return parsed.data.users;
  const problems = parsed.error.issues.map(
    ({ path: member, message }) => `  ${member.join('.') || 'file'}: ${message}`,
  );
  throw new TypeError(`USERS_FILE ${path}:\n${problems.join('\n')}`);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TypeError(`USERS_FILE ${path} cannot be read`, { cause });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: V8 quotes the text around the error, and this file holds people's addresses.
    throw new TypeError(`USERS_FILE ${path} is not JSON`);
  }
}
