import { createHash } from 'node:crypto';

import { digestOf, generateSecret, isWellFormedSecret } from './secret.js';

describe('generateSecret', () => {
  it('makes a secret that names its client, and keeps only what proves it', () => {
    const { secret, digest, id } = generateSecret('demo-web');
    expect(secret).toMatch(/^cs_demo-web_[A-Za-z0-9_-]{49}$/);
    expect(digest).toEqual(createHash('sha256').update(secret).digest());
    expect(digest).toEqual(digestOf(secret));
    expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('never makes the same one twice', () => {
    const made = Array.from({ length: 100 }, () => generateSecret('a').secret);
    expect(new Set(made).size).toBe(100);
  });
});

describe('isWellFormedSecret', () => {
  it.each(['demo', 'a', 'a_b', '_', 'cs_cs_', 'a.b~c-d', 'x'.repeat(128)])(
    'finds the client %s',
    (client) => {
      // The random part holds underscores often enough to matter.
      for (let n = 0; n < 50; n += 1) {
        expect(isWellFormedSecret(generateSecret(client).secret)).toEqual({ client });
      }
    },
  );

  const { secret } = generateSecret('demo');
  const swapped = (at: number) =>
    secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'cs_'],
    ['no client', `cs__${secret.slice(-49)}`],
    ['a secret of another form', 'n'.repeat(60)],
    ['one that lost its last character', secret.slice(0, -1)],
    ['one that lost its first character', secret.slice(1)],
    ['one with a line break behind', `${secret}\n`],
    ['one with a blank in front', ` ${secret}`],
    ['one in capitals', secret.toUpperCase()],
    ['one typed twice', secret + secret],
    ['one of another client', secret.replace('demo', 'dome')],
    ['one with a wrong character in the middle', swapped(20)],
    ['one with a wrong character at the end', swapped(secret.length - 1)],
  ])('refuses %s', (_what, text) => {
    expect(isWellFormedSecret(text)).toBeUndefined();
  });

  it('reads a megabyte in no time', () => {
    const before = process.cpuUsage().user;
    isWellFormedSecret(`cs_${'_'.repeat(1_000_000)}`);
    expect(process.cpuUsage().user - before).toBeLessThan(50_000);
  });
});
