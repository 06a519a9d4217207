import { z } from 'zod';

import type { Account } from '../accounts/account.js';
import { canonicalAddress } from '../accounts/canonical-address.js';

const email = z
  .string()
  .max(254, 'must have 254 characters at most')
  .transform((text, context) => {
    const address = canonicalAddress(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be a plain mail address' });
    return z.NEVER;
  });

const name = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most')
  .regex(/^[^\p{Cc}]*$/u, 'must hold no control characters');

/** `:id` of a person. */
export const personPath = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of a person (a UUID)'),
});
/** A person in a path. */
export type PersonPath = z.output<typeof personPath>;

/** A person who is to be invited. */
export const newPersonDocument = z.strictObject({
  user: z.string().max(2048).describe('Canonical URI of a user of Census; never changes.'),
  email: email.describe('Where the invitation goes, and what the person logs in with.'),
  name: name.optional(),
});
/** A person who is to be invited. */
export type NewPerson = z.output<typeof newPersonDocument>;

/** What is changed of a person: all of it is replaced. */
export const personDocument = z.strictObject({
  email,
  name: name.optional(),
  disabled: z.boolean().describe('Whether the person may not log in.'),
});
/** What is changed of a person. */
export type PersonDocument = z.output<typeof personDocument>;

/** A person as administrators see one; nothing of a password, not even its digest. */
export function showPerson(account: Account): object {
  const { id, user, email: address, emailVerified, name: called, state, provider } = account;
  return {
    id,
    user,
    email: address,
    emailVerified,
    ...(called === undefined ? {} : { name: called }),
    state,
    disabled: state === 'disabled',
    ...(provider === undefined ? {} : { provider }),
    created: account.createdAt.toISOString(),
  };
}
