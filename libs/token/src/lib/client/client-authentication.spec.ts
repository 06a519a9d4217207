import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';

import { jwtVerify } from 'jose';

import { auth, clockAt, now } from '../../../test/builders.js';
import { createSigner } from '../issue/create-signer.js';
import { clientSecretBasic, clientSecretPost, privateKeyJwt } from './client-authentication.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = createSigner({ algorithm: 'EdDSA', kid: 'one', privateKey });

describe('client authentication', () => {
  it('writes id and secret as RFC 6749 appendix B does', async () => {
    const { headers, form } = await clientSecretBasic('a:b c', 'ü%+&').credentials(auth);
    const [scheme, pair] = headers!['authorization']!.split(' ');
    expect(scheme).toBe('Basic');
    expect(Buffer.from(pair!, 'base64').toString()).toBe('a%3Ab+c:%C3%BC%25%2B%26');
    expect(form).toBeUndefined();
  });

  it('puts id and secret into the form where that is asked for', async () => {
    const { headers, form } = await clientSecretPost('herald', 's').credentials(auth);
    expect(headers).toBeUndefined();
    expect(form).toEqual({ client_id: 'herald', client_secret: 's' });
  });

  it('signs a new assertion for each request, for this issuer alone', async () => {
    const client = privateKeyJwt('herald', { signer: () => signer, clock: clockAt(0.5) });
    const read = async () => {
      const { form } = await client.credentials(auth);
      expect(form!['client_assertion_type']).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      );
      return jwtVerify(form!['client_assertion']!, publicKey, {
        currentDate: new Date(now * 1000),
      });
    };
    const [one, two] = [await read(), await read()];
    expect(one.protectedHeader).toEqual({
      alg: 'EdDSA',
      typ: 'client-authentication+jwt',
      kid: 'one',
    });
    const jti = expect.any(String);
    const [iss, sub, aud] = ['herald', 'herald', auth];
    expect(one.payload).toEqual({ iss, sub, aud, jti, iat: now, exp: now + 60 });
    expect(one.payload.jti).not.toBe(two.payload.jti);
  });

  it('shows no secret to a log', () => {
    const secret = 'the-secret-itself';
    for (const client of [clientSecretBasic('herald', secret), clientSecretPost('herald', secret)])
      expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toMatch(
        secret,
      );
  });

  it.each([
    ['an empty id', () => clientSecretBasic('', 's')],
    ['an empty secret', () => clientSecretBasic('herald', '')],
    ['an empty secret in a form', () => clientSecretPost('herald', '')],
    ['an empty id with a key', () => privateKeyJwt('', { signer })],
  ])('refuses %s', (_name, make) => {
    expect(make).toThrow(TypeError);
  });
});
