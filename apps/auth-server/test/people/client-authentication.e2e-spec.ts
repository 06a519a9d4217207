import { generateSigningKey, type SigningKey } from '@countersign/token';

import { describeClientAuthentication } from '../contract/client-authentication.contract.js';
import {
  aRegistry,
  issuer,
  people,
  secrets,
  startPeopleServer,
  type PeopleServer,
} from './start-people-server.js';

jest.setTimeout(60_000);

let server: PeopleServer;
let signerKey: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  const made = await aRegistry();
  ({ signerKey } = made);
  stranger = await generateSigningKey('ES256');
  server = await startPeopleServer({ registry: made.registry });
});
afterAll(() => server?.stop());

const known = (path: string, audience: string, ...otherAudiences: string[]) => ({
  url: new URL(path, server.running.url),
  audience,
  otherAudiences: [...otherAudiences, `${audience}${path}`, `${audience}/`],
  secrets: { client: 'web', now: secrets.web, next: secrets.webNext, old: secrets.webOld },
  signer: { client: 'signer', key: signerKey },
  stranger,
});

describeClientAuthentication('our token endpoint', () => known('/oauth2/token', issuer, people));
describeClientAuthentication("people's token endpoint", () =>
  known('/people/token', people, issuer),
);

it("tells a client that nobody logs in to that this is not for it, at people's", async () => {
  const response = await fetch(new URL('/people/token', server.running.url), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`job:${secrets.web}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code: 'a' }),
  });
  expect([response.status, (await response.json()) as object]).toMatchObject([
    400,
    { error: 'unauthorized_client' },
  ]);
});
