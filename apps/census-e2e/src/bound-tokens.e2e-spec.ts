import { readerClient, send, userUri, type Answer, type Fleet } from '@countersign/fleet';
import {
  clientCredentials,
  clientSecretBasic,
  dpopProofs,
  generateSigningKey,
  type DpopProofs,
} from '@countersign/token';

import { startCensus } from './start-census.js';

describe('A token that is bound to a key', () => {
  let fleet: Fleet;
  let proofs: DpopProofs;

  beforeAll(async () => {
    fleet = await startCensus();
    proofs = dpopProofs({ key: await generateSigningKey('ES256') });
  });

  afterAll(() => fleet?.stop());

  const newToken = async (): Promise<string> => {
    const source = clientCredentials({
      issuer: fleet.urls.issuer,
      client: clientSecretBasic(readerClient, fleet.secrets[readerClient] ?? ''),
      dpop: proofs,
    });
    const { token } = await source.token({
      audience: fleet.urls.census,
      scopes: ['users:read:any'],
    });
    return token;
  };

  const ask = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    send(userUri(fleet.urls, 42), { headers });

  it('counts at Census with a proof by that key, once', async () => {
    const token = await newToken();
    const url = userUri(fleet.urls, 42);
    const dpop = await proofs.proof({ method: 'GET', url, accessToken: token });
    const bound = { authorization: `DPoP ${token}`, dpop };
    expect(await ask(bound)).toMatchObject({ status: 200 });
    expect(await ask(bound)).toMatchObject({ status: 401, json: { code: 'PROOF_REPLAYED' } });
  });

  it('counts for nothing without one, by another key, or as a plain bearer token', async () => {
    const token = await newToken();
    const url = userUri(fleet.urls, 42);
    const other = dpopProofs({ key: await generateSigningKey('ES256') });
    const dpop = await other.proof({ method: 'GET', url, accessToken: token });
    const refused = [
      [{ authorization: `DPoP ${token}` }, 'PROOF_MISSING'],
      [{ authorization: `DPoP ${token}`, dpop }, 'SENDER_MISMATCH'],
      [{ authorization: `Bearer ${token}` }, 'PROOF_MISSING'],
    ] as const;
    for (const [headers, code] of refused)
      expect(await ask(headers)).toMatchObject({ status: 401, json: { code } });
  });
});
