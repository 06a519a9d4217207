import { z } from 'zod';

import { baseConfig, listenOn, serviceUrl } from './base-config.js';
import { ConfigError } from './config-error.js';
import { readConfig } from './read-config.js';

const schema = baseConfig.extend(listenOn(4002));
const key = Buffer.alloc(32, 7).toString('base64url');

const problemsOf = (env: Record<string, string>, of: z.ZodType = schema) => {
  try {
    readConfig(of, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('readConfig', () => {
  it('fills in what lets an app run alone', () => {
    expect(readConfig(schema, {})).toEqual({
      DECISIONS_KEPT: 1000,
      HOST: '127.0.0.1',
      PORT: 4002,
      PUBLIC_URL: 'http://127.0.0.1:4002/',
      DATA_DIR: '.countersign',
      SHUTDOWN_DELAY: 2,
      TRUSTED_PROXIES: [],
      LOG_LEVEL: 'info',
    });
  });

  it('reads what is set, and takes empty for not set', () => {
    const config = readConfig(schema, {
      PORT: '0',
      PUBLIC_URL: 'https://census.example/',
      DATABASE_URL: '',
      KEY_ENCRYPTION_KEY: key,
    });
    expect(config).toMatchObject({ PORT: 0, PUBLIC_URL: 'https://census.example/' });
    expect(config).not.toHaveProperty('DATABASE_URL');
    expect(config.KEY_ENCRYPTION_KEY).toEqual(Buffer.alloc(32, 7));
  });

  it('names every wrong variable at once', () => {
    const wrong = {
      PORT: 'http',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'census',
      DATABASE_URL: 'mysql://',
    };
    expect(
      problemsOf(wrong)
        .map((problem) => problem.split(':')[0])
        .sort(),
    ).toEqual(Object.keys(wrong).sort());
  });

  it('reads which proxies are trusted', () => {
    const read = (text: string) => readConfig(schema, { TRUSTED_PROXIES: text }).TRUSTED_PROXIES;
    expect(read('127.0.0.1, 10.0.0.0/8,fd00::/8')).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
  });

  it.each([
    'everybody',
    'true',
    '10.0.0.0/33',
    '10.0.0.0/',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8,',
    '1',
  ])('refuses "%s" as proxies', (text) => {
    expect(problemsOf({ TRUSTED_PROXIES: text })).toEqual([
      'TRUSTED_PROXIES: must be IP addresses or CIDR blocks, parted by commas',
    ]);
  });

  it('says what is missing', () => {
    expect(problemsOf({}, z.object({ SMTP_URL: z.string() }))).toEqual(['SMTP_URL: is required']);
  });

  it('prints no value', () => {
    const secret = 'correct-horse';
    const wrong = {
      PORT: secret,
      LOG_LEVEL: secret,
      PUBLIC_URL: `https://user:${secret}@census.example/`,
      DATABASE_URL: `mysql://root:${secret}@db`,
      KEY_ENCRYPTION_KEY: secret,
    };
    expect(problemsOf(wrong)).toHaveLength(5);
    expect(problemsOf(wrong).join()).not.toContain(secret);
  });

  it('cannot be changed', () => {
    expect(() => Object.assign(readConfig(schema, {}), { PORT: 1 })).toThrow(TypeError);
  });
});

describe('serviceUrl', () => {
  it.each(['https://auth.example', 'https://auth.example/tenant', 'http://127.0.0.1:4000'])(
    'accepts %s',
    (url) => {
      expect(serviceUrl.safeParse(url).success).toBe(true);
    },
  );

  it.each([
    'http://auth.example',
    'ftp://auth.example',
    'https://me:secret@auth.example',
    'https://auth.example/?a=b',
    'https://auth.example/#a',
    'https://auth.example/?',
    'https://AUTH.example/',
    'https://auth.example:443/',
    'https://auth.example/a/../b',
    'auth.example',
  ])('refuses %s', (url) => {
    expect(serviceUrl.safeParse(url).success).toBe(false);
  });

  it.each(['-1', '65536', '1.5', '0x', 'NaN'])('refuses the port %s', (PORT) => {
    expect(problemsOf({ PORT })).toEqual(['PORT: must be a port number']);
  });

  it('refuses a public URL without its trailing slash', () => {
    expect(problemsOf({ PUBLIC_URL: 'https://census.example' })).toEqual([
      'PUBLIC_URL: must end in a slash',
    ]);
  });
});

describe('readConfig of a schema that compares variables', () => {
  const pair = z
    .object({
      LEAST: z.coerce.number('must be a number').default(1),
      MOST: z.coerce.number('must be a number').default(9),
      NAME: z.string().max(3, 'is too long').optional(),
    })
    .refine(({ LEAST, MOST }) => LEAST < MOST, { path: ['MOST'], message: 'must be more' })
    .transform(({ NAME, ...rest }, context) => {
      if (NAME !== 'no') return { ...rest, name: NAME };
      context.addIssue({ code: 'custom', path: ['NAME'], message: 'is taken' });
      return z.NEVER;
    });

  it('says what is wrong with them together, also where others are wrong by themselves', () => {
    expect(problemsOf({ LEAST: '5', MOST: '2', NAME: 'long' }, pair)).toEqual([
      'NAME: is too long',
      'MOST: must be more',
    ]);
    expect(problemsOf({ LEAST: 'x', NAME: 'no' }, pair)).toEqual([
      'LEAST: must be a number',
      'NAME: is taken',
    ]);
  });
});
