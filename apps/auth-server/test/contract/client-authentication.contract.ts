import { createSigner, signJwt, type JsonObject, type SigningKey } from '@countersign/token';

/** Who is known at an endpoint. */
export interface KnownClients {
  readonly url: URL;
  /** Whom assertions have to be addressed to. */
  readonly audience: string;
  /** Others whom they could be addressed to, and must not be. */
  readonly otherAudiences: readonly string[];
  /** A client with secrets: two that hold, the first of our own form, and one that has expired. */
  readonly secrets: {
    readonly client: string;
    readonly now: string;
    readonly next: string;
    readonly old: string;
  };
  /** A client with a key. */
  readonly signer: { readonly client: string; readonly key: SigningKey };
  /** A key that is nobody's. */
  readonly stranger: SigningKey;
}

/** What is sent. */
interface Sent {
  readonly headers?: Record<string, string>;
  readonly form?: Record<string, string>;
  /** Instead of the form. */
  readonly body?: string;
  readonly query?: string;
}

type Case = readonly [name: string, make: (known: KnownClients) => Sent | Promise<Sent>];

/** Asked for by everybody: whoever has authenticated is told that there is no such grant. */
const grant = { grant_type: 'urn:example:nothing' };

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Assertion {
  readonly claims?: JsonObject;
  readonly typ?: string;
  readonly by?: 'stranger';
}

async function assertion(known: KnownClients, change: Assertion = {}): Promise<Sent> {
  const { signer, audience, stranger } = known;
  const key = change.by === 'stranger' ? stranger : signer.key;
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: signer.client,
    sub: signer.client,
    aud: audience,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
    ...change.claims,
  };
  const { kid } = signer.key.publicJwk;
  const privateKey = { ...key.privateJwk, kid };
  const signing = createSigner({ algorithm: 'ES256', kid, privateKey });
  const token = await signJwt(signing, change.typ ?? 'client-authentication+jwt', claims);
  return { form: { client_assertion_type: assertionType, client_assertion: token } };
}

const accepted: readonly Case[] = [
  ['a secret in the header', ({ secrets: s }) => ({ headers: basic(s.client, s.now) })],
  ['a second secret', ({ secrets: s }) => ({ headers: basic(s.client, s.next) })],
  [
    'a secret in the form',
    ({ secrets: s }) => ({ form: { client_id: s.client, client_secret: s.now } }),
  ],
  ['an API key', ({ secrets: s }) => ({ headers: { 'x-api-key': s.now } })],
  [
    'a secret in the header, and its own id in the form',
    ({ secrets: s }) => ({ headers: basic(s.client, s.now), form: { client_id: s.client } }),
  ],
  ['an assertion', (known) => assertion(known)],
  ['an assertion that is called a JWT', (known) => assertion(known, { typ: 'JWT' })],
];

const unknown: readonly Case[] = [
  ['nothing', () => ({})],
  ['an id alone', ({ secrets: s }) => ({ form: { client_id: s.client } })],
  ['a wrong secret', ({ secrets: s }) => ({ headers: basic(s.client, `${s.now}x`) })],
  ['a secret of old', ({ secrets: s }) => ({ headers: basic(s.client, s.old) })],
  ['an unknown client', ({ secrets: s }) => ({ headers: basic('nobody', s.now) })],
  ['the secret of another', ({ secrets: s, signer }) => ({ headers: basic(signer.client, s.now) })],
  [
    'a header that is no Basic',
    ({ secrets: s }) => ({ headers: { authorization: `Bearer ${s.now}` } }),
  ],
  ['Basic that cannot be decoded', () => ({ headers: { authorization: 'Basic %%%' } })],
  ['Basic without a colon', () => ({ headers: { authorization: 'Basic d2Vi' } })],
  [
    'an API key that was cut',
    ({ secrets: s }) => ({ headers: { 'x-api-key': s.now.slice(0, -1) } }),
  ],
  [
    'an assertion of another type',
    async (known) => {
      const { form } = await assertion(known);
      return { form: { ...form, client_assertion_type: 'urn:example' } };
    },
  ],
  ['an assertion by another key', (known) => assertion(known, { by: 'stranger' })],
  [
    'an assertion for nobody',
    (known) => assertion(known, { claims: { aud: 'https://x.example' } }),
  ],
  ['an assertion for two', (known) => assertion(known, { claims: { aud: [known.audience, 'b'] } })],
  [
    'an assertion for a list of one',
    (known) => assertion(known, { claims: { aud: [known.audience] } }),
  ],
  [
    'an assertion of a client about another',
    (known) => assertion(known, { claims: { sub: 'web' } }),
  ],
  [
    'an assertion by nobody',
    (known) => assertion(known, { claims: { iss: 'nobody', sub: 'nobody' } }),
  ],
  ['an assertion without a name', (known) => assertion(known, { claims: { jti: '' } })],
  ['an assertion that has expired', (known) => assertion(known, { claims: times(-600, -300) })],
  ['an assertion of tomorrow', (known) => assertion(known, { claims: times(600, 660) })],
  ['an assertion that lives an hour', (known) => assertion(known, { claims: times(0, 3600) })],
  ['an access token', (known) => assertion(known, { typ: 'at+jwt' })],
  [
    'an assertion that is none',
    () => ({
      form: { client_assertion_type: assertionType, client_assertion: 'a.b.c' },
    }),
  ],
];

const malformed: readonly Case[] = [
  [
    'a secret in the header and in the form',
    ({ secrets: s }) => ({
      headers: basic(s.client, s.now),
      form: { client_id: s.client, client_secret: s.now },
    }),
  ],
  [
    'a secret and an assertion',
    async (known) => ({ ...(await assertion(known)), headers: basic('web', known.secrets.now) }),
  ],
  [
    'the header and an API key',
    ({ secrets: s }) => ({ headers: { ...basic(s.client, s.now), 'x-api-key': s.now } }),
  ],
  [
    'another id in the form',
    ({ secrets: s }) => ({ headers: basic(s.client, s.now), form: { client_id: 'other' } }),
  ],
  [
    'a secret in the address',
    ({ secrets: s }) => ({ query: `?client_id=${s.client}&client_secret=${s.now}` }),
  ],
  [
    'a parameter twice',
    ({ secrets: s }) => ({ headers: basic(s.client, s.now), body: 'grant_type=a&grant_type=a' }),
  ],
  [
    'a form that is not UTF-8',
    ({ secrets: s }) => ({ headers: basic(s.client, s.now), body: 'grant_type=%ff' }),
  ],
];

function times(iat: number, exp: number): JsonObject {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now + iat, exp: now + exp };
}

/** How clients authenticate: the same wherever they do. */
export function describeClientAuthentication(name: string, known: () => KnownClients): void {
  const ask = async (make: Case[1]) => send(known(), await make(known()));

  describe(`client authentication at ${name}`, () => {
    it.each(accepted)('accepts %s', async (_name, make) => {
      expect(await ask(make)).toMatchObject({ status: 400, error: 'unsupported_grant_type' });
    });

    it.each(unknown)('refuses %s', async (_name, make) => {
      const { status, error, description } = await ask(make);
      expect([status, error]).toEqual([401, 'invalid_client']);
      expect(description).toBe('The client is unknown or its credentials are wrong');
    });

    it.each(malformed)('refuses %s as no request', async (_name, make) => {
      expect(await ask(make)).toMatchObject({ status: 400, error: 'invalid_request' });
    });

    it('names the scheme to who tried it', async () => {
      const { challenge } = await ask(() => ({ headers: basic('nobody', 'wrong') }));
      expect(challenge).toMatch(/^Basic realm=/);
    });

    it('takes an assertion once', async () => {
      const sent = await assertion(known());
      expect(await send(known(), sent)).toMatchObject({ error: 'unsupported_grant_type' });
      expect(await send(known(), sent)).toMatchObject({ error: 'invalid_client' });
    });

    it('takes no assertion that is for another endpoint of this server', async () => {
      for (const aud of known().otherAudiences) {
        const sent = await assertion(known(), { claims: { aud } });
        expect(await send(known(), sent)).toMatchObject({ status: 401, error: 'invalid_client' });
      }
    });

    it('reads forms only', async () => {
      const headers = { 'content-type': 'application/json' };
      const { status } = await send(known(), { headers, body: JSON.stringify(grant) });
      expect(status).toBe(415);
    });

    it('lets nobody keep an answer', async () => {
      const { cache } = await ask(() => ({}));
      expect(cache).toBe('no-store');
    });
  });
}

async function send({ url }: KnownClients, { headers = {}, form = {}, body, query = '' }: Sent) {
  const response = await fetch(new URL(url.href + query), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: body ?? new URLSearchParams({ ...grant, ...form }).toString(),
  });
  const { error, error_description: description } = (await response.json()) as Record<
    string,
    string
  >;
  const [challenge, cache] = ['www-authenticate', 'cache-control'].map((name) =>
    response.headers.get(name),
  );
  return { status: response.status, error, description, challenge, cache };
}
