import { ConfigError, keyTimes, type KeyTimeOptions } from '@countersign/runtime';
import { z } from 'zod';

import { longestLifetime } from '../registry/longest-lifetime.js';

const seconds = () => z.coerce.number('must be seconds').min(0, 'must not be negative');

/** Variables of the key ring, in seconds: fractions are for tests. */
export const keyConfig = {
  TOKEN_LIFETIME_MAX: seconds()
    .max(longestLifetime, `must be at most ${longestLifetime}`)
    .default(longestLifetime)
    .describe(
      'Seconds any access token lives at most, whatever its service says; keys stay published for as long.',
    ),
  KEY_ROTATION_EVERY: seconds()
    .default(30 * 86_400)
    .describe('Seconds a signing key signs before the next one does.'),
  KEY_ANNOUNCE: seconds()
    .optional()
    .describe(
      'Seconds a key is published before it signs; by default the least that the following three need.',
    ),
  KEY_SET_MAX_AGE: seconds()
    .default(300)
    .describe('`max-age` of the published key set; whole seconds.'),
  KEY_COOL_DOWN: seconds()
    .default(30)
    .describe('Seconds for which receivers may keep from asking for keys again.'),
  KEY_LAG: seconds()
    .default(30)
    .describe('Seconds a replica may be behind the database before it stops signing.'),
  KEY_RETAIN: seconds()
    .optional()
    .describe(
      'Seconds a key is published after it signed; by default the least that lifetimes, `KEY_LAG` and `KEY_TOLERANCE` need.',
    ),
  KEY_TOLERANCE: seconds()
    .default(60)
    .describe('Largest clock tolerance of receivers, in seconds.'),
};

type KeyConfig = z.output<z.ZodObject<typeof keyConfig>>;

const variables: Readonly<Record<keyof KeyTimeOptions, keyof KeyConfig>> = {
  longestLife: 'TOKEN_LIFETIME_MAX',
  rotateEvery: 'KEY_ROTATION_EVERY',
  announce: 'KEY_ANNOUNCE',
  maxAge: 'KEY_SET_MAX_AGE',
  coolDown: 'KEY_COOL_DOWN',
  lag: 'KEY_LAG',
  retain: 'KEY_RETAIN',
  tolerance: 'KEY_TOLERANCE',
};

/** The times of the key ring. Refuses (ConfigError) times that do not keep its promise. */
export function keyTimesOf(config: KeyConfig): KeyTimeOptions {
  const options = Object.fromEntries(
    Object.entries(variables).map(([option, variable]) => [option, config[variable]]),
  );
  try {
    return keyTimes(options);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : '';
    const named = problem.replace(
      /^keys\.(\w+)/,
      (_, name: keyof KeyTimeOptions) => variables[name],
    );
    throw new ConfigError([named.replace(' must ', ': must ')], { cause });
  }
}
