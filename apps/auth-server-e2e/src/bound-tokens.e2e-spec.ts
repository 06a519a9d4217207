import { send } from '@countersign/fleet';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';

import { aRegistry, type ARegistry } from './replicas/a-registry.js';
import { startReplicas, type Replicas } from './replicas/start-replicas.js';

/** On loopback there is no TLS. */
const plain = { [oauth.allowInsecureRequests]: true } as const;

describe('a foreign client with DPoP, and two replicas that want nonces', () => {
  let registry: ARegistry;
  let replicas: Replicas;
  let server: oauth.AuthorizationServer;
  beforeAll(async () => {
    registry = aRegistry();
    replicas = await startReplicas({
      registry: registry.document,
      environment: { DPOP_NONCE: 'required' },
    });
    const issuer = new URL(replicas.issuer);
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...plain });
    server = await oauth.processDiscoveryResponse(issuer, found);
  }, 90_000);
  afterAll(() => replicas.stop(), 60_000);

  /** A client whose requests go to the replica of that moment; `sent` are their proofs. */
  async function foreignClient() {
    const { id, secret } = registry.web;
    const client = { client_id: id };
    const key = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP({}, key);
    const sent: string[] = [];
    const ask = async (replica: string) => {
      const toReplica = (url: string, init: oauth.CustomFetchOptions<string, URLSearchParams>) => {
        sent.push(init.headers['dpop'] ?? '');
        return fetch(url.replace(replicas.issuer, replica), init as RequestInit);
      };
      const answer = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(secret),
        {},
        { DPoP, [oauth.customFetch]: toReplica, ...plain },
      );
      return oauth.processClientCredentialsResponse(server, client, answer);
    };
    return { ask, sent, thumbprint: () => DPoP.calculateThumbprint() };
  }

  it('uses the nonce of one at the other', async () => {
    const { ask, thumbprint } = await foreignClient();
    const refusal: unknown = await ask(replicas.one.url).catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refusal)).toBe(true);
    for (const { url } of [replicas.other, replicas.one]) {
      const { token_type, access_token } = await ask(url);
      expect(token_type).toBe('dpop');
      expect(decodeJwt(access_token)['cnf']).toEqual({ jkt: await thumbprint() });
    }
  }, 30_000);

  it('can use a proof once, wherever it is sent', async () => {
    const { ask, sent } = await foreignClient();
    await ask(replicas.one.url).catch(() => undefined);
    await ask(replicas.one.url);
    const dpop = sent.at(-1) ?? '';
    for (const { url } of replicas.both) {
      const again = await send(`${url}/oauth2/token`, {
        method: 'POST',
        basic: registry.web,
        headers: { dpop },
        form: { grant_type: 'client_credentials' },
      });
      expect([again.status, again.json['error']]).toEqual([400, 'invalid_dpop_proof']);
    }
  }, 30_000);
});
