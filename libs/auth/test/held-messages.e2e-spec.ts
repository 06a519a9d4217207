import 'reflect-metadata';
import { dpopProofs, generateSigningKey, memoryReplay } from '@countersign/token';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';
import { plainClient, request, serveMessages, type MessageService } from './message-service.js';

const clock = testClock();
const server = createTestIssuer({ clock });
const publicUrl = 'https://census.example/';

describe('messages with a token bound to its sender', () => {
  let service: MessageService;

  beforeAll(async () => {
    const options = { publicUrl, replay: memoryReplay({ clock }) };
    service = await serveMessages(boundModule([server.trustEntry()], clock, options));
  });
  afterAll(() => service.app.close());

  it.each(['Bearer', 'DPoP'])('are refused as %s: there is no way for proofs', async (scheme) => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256'), clock });
    const accessToken = aToken().from(server).to(CENSUS).claim('cnf', { jkt: proofs.jkt }).sign();
    const url = `${publicUrl}unbound`;
    const dpop = await proofs.proof({ method: 'POST', url, accessToken });
    const client = plainClient(service.port, { authorization: `${scheme} ${accessToken}`, dpop });
    await expect(request(client, 'unbound')).rejects.toMatchObject({ code: 'PROOF_MISSING' });
    expect(ran).toEqual([]);
  });

  it('are refused without the certificate that the token is bound to', async () => {
    const token = aToken()
      .from(server)
      .to(CENSUS)
      .claim('cnf', { 'x5t#S256': 'x'.repeat(43) });
    const client = plainClient(service.port, { authorization: `Bearer ${token.sign()}` });
    await expect(request(client, 'unbound')).rejects.toMatchObject({ code: 'PROOF_MISSING' });
    expect(ran).toEqual([]);
  });
});
