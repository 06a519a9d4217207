import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

import 'reflect-metadata';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { certificateThumbprint, dpopProofs, generateSigningKey } from '@countersign/token';
import { createTestCertificate, type TestCertificate } from '@countersign/testing';
import { decodeJwt } from 'jose';

import { census, herald, issuer, startAuthServer, type TestServer } from './start-auth-server.js';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const uri = 'spiffe://example/ns/web';

const server = createTestCertificate();
const authority = createTestCertificate('authority.test');
const signed = (host: string, more: object = {}) =>
  createTestCertificate(host, { by: authority, ...more });
const certificates = {
  subject: signed('web', { organisation: 'Example, Inc.' }),
  dns: signed('web.test'),
  uri: signed('whatever', { uri }),
  pinned: createTestCertificate('pinned'),
  ofKey: createTestCertificate('of-key'),
  expired: createTestCertificate('expired', { lifetime: -60 }),
};
const x5t = ({ cert }: TestCertificate) => certificateThumbprint(new X509Certificate(cert).raw);
const publicJwk = ({ cert }: TestCertificate) =>
  new X509Certificate(cert).publicKey.export({ format: 'jwk' });

const secret = randomBytes(32).toString('base64url');
const sha256 = createHash('sha256').update(secret).digest('base64url');
const grants = [{ service: 'census', scopes: ['users:read'] }];
const withSecret = { grants, secrets: [{ label: 'now', sha256 }] };
const onBehalfOf = [{ source: 'census', target: 'herald', scopes: ['notifications:send'] }];
const registry = {
  services: [
    { name: 'herald', audience: herald, scopes: ['notifications:send'] },
    { name: 'census', audience: census, scopes: ['users:read'] },
  ],
  clients: [
    { id: 'subject', grants, certificate: { subject: 'CN=web, O=Example\\, Inc.' } },
    { id: 'dns', grants, certificate: { dns: 'web.test' } },
    { id: 'uri', grants, certificate: { uri }, certificateBoundAccessTokens: true },
    { id: 'pinned', grants, certificate: { thumbprints: [x5t(certificates.pinned)] } },
    {
      id: 'ofKey',
      grants,
      keys: {
        jwks: [
          { ...publicJwk(certificates.ofKey), kid: 'a' },
          { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'b' },
        ],
      },
      certificate: { keys: true },
    },
    { id: 'expired', grants, certificate: { thumbprints: [x5t(certificates.expired)] } },
    { id: 'secret', ...withSecret },
    { id: 'bound', ...withSecret, certificateBoundAccessTokens: true },
    {
      id: 'census',
      ...withSecret,
      service: 'census',
      onBehalfOf,
      certificateBoundAccessTokens: true,
    },
    { id: 'other', ...withSecret, service: 'census', onBehalfOf },
  ],
};

let directory: string;
let running: TestServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mtls-'));
  const put = (name: string, content: string) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  running = await startAuthServer(undefined, undefined, {
    REGISTRY_FILE: put('registry.json', JSON.stringify(registry)),
    TLS_CERT_FILE: put('cert', server.cert),
    TLS_KEY_FILE: put('key', server.key),
    TLS_CLIENT_CA_FILE: put('ca', authority.cert),
  });
}, 60_000);
afterAll(async () => {
  await running.stop();
  rmSync(directory, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
}
type Form = Readonly<Record<string, string>>;

function send(
  path: string,
  options: { readonly certificate?: TestCertificate | undefined; readonly headers?: object },
  form?: Form,
): Promise<Answer> {
  const { certificate, headers } = options;
  const method = form ? 'POST' : 'GET';
  const type = form && { 'content-type': 'application/x-www-form-urlencoded' };
  const tls = { ca: server.cert, cert: certificate?.cert, key: certificate?.key, agent: false };
  const how = { method, headers: { ...type, ...headers }, ...tls };
  return new Promise((resolve, reject) => {
    const sent = request(`${running.running.url}${path}`, how, (answer) => {
      text(answer).then(
        (body) => resolve({ status: answer.statusCode, body, json: JSON.parse(body) }),
        reject,
      );
    });
    sent.on('error', reject).end(form && new URLSearchParams(form).toString());
  });
}

const basic = (id: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const forCensus = { grant_type: 'client_credentials', resource: census };
/** As a client that has nothing but its certificate. */
const asNamed = (
  id: string,
  certificate?: TestCertificate,
  path = 'oauth2/token',
  form: Form = forCensus,
) => send(path, { certificate }, { client_id: id, ...form });
/** As a client with a secret, by whatever connection. */
const asSecret = (id: string, certificate?: TestCertificate, form: Form = {}, headers = {}) =>
  send(
    'oauth2/token',
    { certificate, headers: { ...basic(id), ...headers } },
    { ...forCensus, ...form },
  );
const claimsOf = ({ json }: Answer) => decodeJwt(String(json['access_token']));

async function audited(id: string): Promise<Readonly<Record<string, unknown>>> {
  const database = running.running.app.get<Database>(DATABASE);
  for (;;) {
    const { rows } = await database.execute(
      "select * from audit_events where event = 'token.issued' and client = $1 limit 1",
      [id],
    );
    if (rows[0]) return rows[0] as Record<string, unknown>;
    // Written in batches: they need their turn.
    await pause(10);
  }
}

describe('a client that authenticates by its certificate', () => {
  it.each([
    ['the subject', 'subject', 'tls_client_auth'],
    ['a DNS name', 'dns', 'tls_client_auth'],
    ['a URI', 'uri', 'tls_client_auth'],
    ['itself', 'pinned', 'self_signed_tls_client_auth'],
    ['its key', 'ofKey', 'self_signed_tls_client_auth'],
  ] as const)(
    'gets a token, recognised by %s, and is written down so',
    async (_what, id, method) => {
      const answer = await asNamed(id, certificates[id]);
      expect([answer.status, answer.json['token_type']]).toEqual([200, 'Bearer']);
      expect(claimsOf(answer)['client_id']).toBe(id);
      expect(await audited(id)).toMatchObject({ method, credential: x5t(certificates[id]) });
    },
  );

  it('may introspect and revoke, too', async () => {
    const token = String((await asNamed('dns', certificates.dns)).json['access_token']);
    const known = await asNamed('dns', certificates.dns, 'oauth2/introspect', { token });
    expect(known.json['active']).toBe(true);
    const refused = await asNamed('dns', certificates.uri, 'oauth2/introspect', { token });
    expect(refused.status).toBe(401);
  });

  it.each<[string, string, TestCertificate | undefined]>([
    ['no certificate', 'dns', undefined],
    ['an unknown client', 'nobody', certificates.dns],
    ['a client that has none', 'secret', certificates.dns],
    ['another of the same authority', 'dns', certificates.uri],
    ['its name in a certificate that nobody vouches for', 'dns', createTestCertificate('web.test')],
    [
      'its name by another authority',
      'dns',
      createTestCertificate('web.test', { by: createTestCertificate('authority.test') }),
    ],
    ['its URI as a DNS name', 'uri', signed(uri)],
    [
      'the same organisation under another name',
      'subject',
      signed('other', { organisation: 'Example, Inc.' }),
    ],
    ['less than its subject', 'subject', signed('web')],
    ['another certificate of the same names', 'pinned', createTestCertificate('pinned')],
    ['another key', 'ofKey', createTestCertificate('of-key')],
    ['one that has expired', 'expired', certificates.expired],
  ])('is refused with %s', async (_what, id, certificate) => {
    const { status, json } = await asNamed(id, certificate);
    expect([status, json]).toEqual([
      401,
      {
        error: 'invalid_client',
        error_description: 'The client is unknown or its credentials are wrong',
      },
    ]);
  });

  it('is refused when a header says it has a certificate', async () => {
    const pem = encodeURIComponent(certificates.dns.cert);
    for (const name of ['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert']) {
      const headers = { [name]: pem, 'x-forwarded-for': '127.0.0.1' };
      const { status } = await send(
        'oauth2/token',
        { headers },
        { client_id: 'dns', ...forCensus },
      );
      expect(status).toBe(401);
    }
  });

  it('is not asked for its certificate where another credential is wrong', async () => {
    const headers = { authorization: `Basic ${Buffer.from('dns:wrong').toString('base64')}` };
    const form = { client_id: 'dns', ...forCensus };
    const { status } = await send('oauth2/token', { certificate: certificates.dns, headers }, form);
    expect(status).toBe(401);
  });
});

describe('a token of a client whose tokens are bound to its certificate', () => {
  it('names the certificate', async () => {
    for (const [id, certificate] of [
      ['uri', certificates.uri],
      ['uri', signed('renewed', { uri })],
    ] as const) {
      const answer = await asNamed(id, certificate);
      expect(answer.json['token_type']).toBe('Bearer');
      expect(claimsOf(answer)['cnf']).toEqual({ 'x5t#S256': x5t(certificate) });
    }
  });

  it('names that of the connection, whatever the client authenticates with', async () => {
    const own = createTestCertificate('own');
    expect(claimsOf(await asSecret('bound', own))['cnf']).toEqual({ 'x5t#S256': x5t(own) });
    expect(claimsOf(await asSecret('secret', own))).not.toHaveProperty('cnf');
  });

  it('cannot be had without one', async () => {
    const { status, json } = await asSecret('bound');
    expect([status, json['error']]).toEqual([400, 'invalid_request']);
  });

  it('is bound to a key, too, if there is a proof', async () => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const own = createTestCertificate('own');
    const dpop = await proofs.proof({ method: 'POST', url: `${issuer}/oauth2/token` });
    const answer = await asSecret('bound', own, {}, { dpop });
    expect(answer.json['token_type']).toBe('DPoP');
    expect(claimsOf(answer)['cnf']).toEqual({ jkt: proofs.jkt, 'x5t#S256': x5t(own) });
  });

  it('is described with it by introspection', async () => {
    const token = String((await asNamed('uri', certificates.uri)).json['access_token']);
    const { json } = await asNamed('uri', certificates.uri, 'oauth2/introspect', { token });
    const cnf = { 'x5t#S256': x5t(certificates.uri) };
    expect(json).toMatchObject({ active: true, token_type: 'Bearer', cnf });
  });

  it('is exchanged by who has the certificate, and stays bound to it', async () => {
    const own = createTestCertificate('own');
    const subject = String((await asSecret('census', own)).json['access_token']);
    const form = {
      grant_type: exchange,
      subject_token: subject,
      subject_token_type: accessToken,
      resource: herald,
    };
    const answer = await asSecret('other', own, form);
    expect(answer.status).toBe(200);
    expect(claimsOf(answer)['cnf']).toEqual({ 'x5t#S256': x5t(own) });
    for (const certificate of [undefined, createTestCertificate('own')]) {
      const { status, json } = await asSecret('other', certificate, form);
      expect([status, json['error']]).toEqual([400, 'invalid_request']);
    }
  });
});

describe('the metadata of a server that asks for certificates', () => {
  it('says so', async () => {
    const { json } = await send('.well-known/oauth-authorization-server', {});
    expect(json).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(json[`${endpoint}_endpoint_auth_methods_supported`]).toEqual([
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
      ]);
    }
  });
});
