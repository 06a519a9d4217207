/** What callers may write and ask: the bodies of a user and the query of the list, as zod schemas. */
import { isPlainAddress, pageLimit } from '@countersign/runtime';
import { z } from 'zod';

import { parseCursor } from './list-cursor.js';
import { nameProblem } from './person-name.js';
import { roles } from './users.table.js';

const MAX_TEAM = 64;

const name = z
  .string('must be text')
  .normalize('NFC')
  .trim()
  .superRefine((value, context) => {
    const problem = nameProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const email = z
  .string('must be text')
  .refine(isPlainAddress, 'must be one plain address: local-part@host.example');

const team = name.refine(
  (value) => [...value].length <= MAX_TEAM,
  `has more than ${MAX_TEAM} characters`,
);

const role = z.enum(roles, `must be one of ${roles.join(', ')}`);

const members = { name, email, team };

/** Body of `POST /user/`. */
export const newUser = z.strictObject({ ...members, role: role.default('member') });

/**
 * Body of `PUT /user/{id}/`, and what a merge patch must lead to: every member. `uri` may stand in
 * it, so that what was read can be sent back; it must be the user's own.
 */
export const replacement = z.strictObject({ uri: z.string().optional(), ...members, role });

/** A listed person: what `USERS_FILE` holds. */
export const listedUser = newUser.extend({ id: z.int().min(1) });

/** Query of `GET /user/`. Unknown parameters are refused: a misspelt one would ask for everything. */
export const listQuery = z.strictObject({
  limit: pageLimit(),
  cursor: z
    .string('must be given once')
    .transform((text, context) => {
      const after = parseCursor(text);
      if (after !== undefined) return after;
      context.addIssue({ code: 'custom', message: 'is not a cursor of this list' });
      return z.NEVER;
    })
    .optional(),
});

/** A user as Census shows it. */
export const userView = z.object({
  uri: z.url(),
  name: z.string(),
  email: z.email(),
  team: z.string(),
  role: z.enum(roles),
});

/** A page of users. */
export const userPage = z.object({
  users: z.array(userView),
  /** Where the next page is; absent on the last one. */
  next: z.url().optional(),
});

/** What `POST` writes. */
export type NewUser = z.output<typeof newUser>;
/** What `PUT` and `PATCH` lead to. */
export type Replacement = z.output<typeof replacement>;
/** A person as `USERS_FILE` lists it. */
export type ListedUser = z.output<typeof listedUser>;
/** Which page is asked for; `cursor` is the number behind which it begins. */
export type ListQuery = z.output<typeof listQuery>;
/** A user as Census shows it. */
export type UserView = z.output<typeof userView>;
/** A page of users. */
export type UserPage = z.output<typeof userPage>;
