/** What holds for every token: parsing gives back what was printed, and no other text is as good. */
import { generateKeyPairSync } from 'node:crypto';

import fc from 'fast-check';

import { decryptionKeys } from '../../src/lib/encryption/decryption-keys.js';
import { encryptJwt } from '../../src/lib/encryption/encrypt-jwt.js';
import { AccessError } from '../../src/lib/errors.js';
import { parseToken } from '../../src/lib/extract/parse-token.js';
import { verifyToken } from '../../src/lib/verify/verify-token.js';
import { accessTokenClaims, aJwt, anAuthorizationServer, clockAt } from '../builders.js';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuer = anAuthorizationServer();
const policy = {
  trust: { find: (iss: string) => (iss === issuer.issuer ? issuer : undefined) },
  clock: clockAt(),
  clockTolerance: 10,
  maxTokenBytes: 8192,
  decryption: decryptionKeys([pair.privateKey.export({ format: 'jwk' })]),
};

/** `accepted`, or the code of the refusal; anything else is thrown. */
async function verdict(token: string): Promise<string> {
  try {
    await verifyToken({ token, carrier: 'Bearer' }, policy);
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessError) return error.code;
    throw error;
  }
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const object = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'));

/** One place, and what is put there: another character, one more, one less. */
const change = fc.record({
  at: fc.nat(),
  put: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1 }),
    fc.constantFrom(...'AQgw-_=+/. \n', '%2e'),
  ),
  drop: fc.nat({ max: 2 }),
});

function changed(
  text: string,
  { at, put, drop }: { at: number; put: string; drop: number },
): string {
  const where = at % (text.length + 1);
  return text.slice(0, where) + put + text.slice(where + drop);
}

describe('for every token', () => {
  it('parsing gives back what was printed, and printing what was parsed', () => {
    const members = fc.tuple(object, object, fc.uint8Array({ minLength: 1, maxLength: 80 }));
    fc.assert(
      fc.property(members, ([extra, claims, signature]) => {
        const forbidden = { crit: undefined, b64: undefined, zip: undefined };
        const header = { ...extra, ...forbidden, alg: 'ES256', kid: 'one' };
        const last = Buffer.from(signature).toString('base64url');
        const parsed = parseToken([encoded(header), encoded(claims), last].join('.'));
        expect(parsed.header).toEqual(JSON.parse(JSON.stringify(header)));
        expect(parsed.claims).toEqual(JSON.parse(JSON.stringify(claims)));
        const again = [parsed.signingInput.toString(), parsed.signature.toString('base64url')];
        expect(again.join('.')).toBe([encoded(header), encoded(claims), last].join('.'));
      }),
    );
  });

  it('a signed one is refused after any change of a character, and by name', async () => {
    const good = aJwt(accessTokenClaims);
    expect(await verdict(good)).toBe('accepted');
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        const other = changed(good, one);
        fc.pre(other !== good);
        expect(await verdict(other)).not.toBe('accepted');
      }),
      { numRuns: 3000 },
    );
  });

  it('an encrypted one is refused after any change of a character, and by name', async () => {
    const good = await encryptJwt(
      aJwt(accessTokenClaims),
      pair.publicKey.export({ format: 'jwk' }),
    );
    expect(await verdict(good)).toBe('accepted');
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        const other = changed(good, one);
        fc.pre(other !== good);
        expect(await verdict(other)).not.toBe('accepted');
      }),
      { numRuns: 1000 },
    );
  });

  it('any text and any list of parts is accepted or refused by name', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.constantFrom(...aJwt(accessTokenClaims).split('.')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        await verdict(parts.join('.'));
      }),
      { numRuns: 2000 },
    );
  });

  it('length is looked at first: however long a text is, nothing of it is read', async () => {
    const piece = fc.constantFrom('.', '[', '{"a":', 'e30', '\\"', '\u{1f600}', 'A');
    const long = fc.tuple(piece, fc.integer({ min: 8193, max: 200_000 }));
    await fc.assert(
      fc.asyncProperty(long, async ([text, times]) => {
        const error: unknown = await verifyToken(
          { token: text.repeat(times), carrier: 'Bearer' },
          policy,
        ).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'TOKEN_MALFORMED',
          detail: { check: expect.stringMatching(/^(encryption\.)?size$/) },
        });
      }),
    );
  });

  it('depth is bounded inside its length, whatever is nested', async () => {
    const pieces = fc.constantFrom('[', '{"a":', '[[', '[{"a":', '{"a":[');
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 17, max: 900 }), async (open, depth) => {
        const claims = `${open.repeat(depth)}1${closing(open).repeat(depth)}`;
        expect(await verdict(aJwt(`{"a":${claims}}`))).toBe('TOKEN_MALFORMED');
      }),
    );
  });
});

function closing(open: string): string {
  return [...open.replace(/"a":/g, '')]
    .reverse()
    .map((bracket) => (bracket === '[' ? ']' : '}'))
    .join('');
}
