import { isUriPrefix } from '@countersign/token';
import { z } from 'zod';

/** Whole seconds, by default these. */
const seconds = (otherwise: number, most: number, what: string) =>
  z.coerce
    .number('must be whole seconds')
    .int('must be whole seconds')
    .min(1, 'must be at least 1')
    .max(most, `must be at most ${most}`)
    .default(otherwise)
    .describe(what);

const day = 86_400;

/** Variables of people's login. */
export const peopleConfig = {
  PEOPLE: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default('off')
    .describe('`on` lets people log in: everything below `/people`.'),
  PEOPLE_SUBJECTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((prefix) => prefix.trim())
        .filter(Boolean),
    )
    .refine((prefixes) => prefixes.every(isUriPrefix), {
      message: 'must be canonical URIs that end in a slash, with commas between them',
    })
    .describe(
      'Prefixes of the URIs of people who may log in, with commas between them; needed where `PEOPLE` is `on`.',
    ),
  RATE_LIMIT_LOGINS: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(100_000_000, 'must be at most 100000000')
    .default(600)
    .describe('Logins that one address may begin in a minute; 0 for no limit.'),
  PEOPLE_ACCESS_TOKEN_LIFETIME: seconds(
    300,
    3600,
    'Seconds an access token of a person lives, which an application exchanges.',
  ),
  PEOPLE_SESSION_LIFETIME: seconds(
    12 * 3600,
    90 * day,
    'Seconds after which a person has to log in again; refresh tokens end then, too.',
  ),
  PEOPLE_INTERACTION_LIFETIME: seconds(
    1800,
    day,
    'Seconds that a login may take, from the first page to the last.',
  ),
};
