import { generateKeyPairSync } from 'node:crypto';

import {
  aToken,
  createTestIssuer,
  startTokenEndpoint,
  type TestTokenEndpoint,
} from '@countersign/testing';
import { createSigner, parseToken, type OutboundSubject } from '@countersign/token';

import { censusTokens, type CensusCalls } from './census-tokens.js';

const herald = 'https://herald.example/';
const census = 'https://census.example/';
const uri = `${census}user/21/`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = createSigner({ algorithm: 'ES256', kid: 'one', privateKey });

describe('censusTokens', () => {
  let server: TestTokenEndpoint;

  beforeEach(async () => {
    server = await startTokenEndpoint();
  });
  afterEach(() => server.close());

  const ask = async (calls: CensusCalls, subject: OutboundSubject) =>
    censusTokens({
      calls,
      publicUrl: herald,
      authServerUrl: server.issuer,
      clientId: 'herald',
      signer: () => signer,
    }).token({ audience: census, scopes: ['users:read'], subject });
  const signedBy = (issuer: string, kind?: 'service-peer') =>
    aToken()
      .from(createTestIssuer({ issuer, ...(kind && { kind }) }))
      .to(herald)
      .onBehalfOf(uri)
      .sign();
  const ofUser = () => signedBy(server.issuer);
  const ofPeer = () => signedBy('https://another.example/', 'service-peer');
  /** What the server was asked, without what a test of the client itself looks at. */
  const asked = () =>
    server.questions.map(({ form }) => [
      form['grant_type'],
      form['subject_token'],
      form['requested_subject'],
    ]);

  it.each([
    ['a user whose call came from the server', ofUser],
    ['a user for whom a peer signed', ofPeer],
    ['a user who is not there', () => undefined],
  ])('signs a token for %s itself, and asks nobody', async (_, token) => {
    const answer = await ask('self-issued', { uri, token: token() });
    expect(answer.carrier).toBe('JWT');
    expect(parseToken(answer.token).claims).toMatchObject({ iss: herald, aud: census, sub: uri });
    expect(asked()).toEqual([]);
  });

  it('exchanges the token of a user, where it is one of the server', async () => {
    const token = ofUser();
    const answer = await ask('token-exchange', { uri, token });
    expect(answer).toMatchObject({ token: 'token-1', carrier: 'Bearer' });
    expect(asked()).toEqual([
      ['urn:ietf:params:oauth:grant-type:token-exchange', token, undefined],
    ]);
  });

  it.each([
    ['for whom a peer signed', ofPeer],
    ['who is not there', () => undefined],
  ])('asks in its own right for a user %s, and shows the server no token', async (_, token) => {
    await ask('token-exchange', { uri, token: token() });
    expect(asked()).toEqual([['client_credentials', undefined, uri]]);
  });

  it('has no token where the server gives none, and signs none instead', async () => {
    server.mode = 'invalid-target';
    await expect(ask('token-exchange', { uri, token: ofPeer() })).rejects.toMatchObject({
      name: 'TokenAcquisitionError',
      reason: 'refused',
    });
  });
});
