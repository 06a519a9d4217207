import 'reflect-metadata';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import { CENSUS, censusModule, ran } from './census.module.js';
import {
  plainClient,
  request,
  serveMessages,
  shapes,
  type MessageService,
} from './message-service.js';

const clock = testClock();
const issuer = createTestIssuer({ clock });

describe.each(shapes)('messages of %s', (_, start) => {
  let service: MessageService;
  beforeAll(async () => {
    service = await serveMessages(censusModule([issuer.trustEntry()], clock), start);
  });
  afterAll(() => service.app.close());
  beforeEach(() => {
    ran.length = 0;
    service.decisions.length = 0;
  });

  it('tell the handler who acts', async () => {
    const authorization = `Bearer ${aToken().from(issuer).to(CENSUS).sign()}`;
    const answer = await request(plainClient(service.port, { authorization }), 'user.principal');
    expect(answer).toMatchObject({ caller: { kind: 'service' } });
    expect(ran).toEqual(['principal']);
  });
  it('refuse', async () => {
    await expect(request(plainClient(service.port), 'user.principal')).rejects.toMatchObject({
      code: 'TOKEN_MISSING',
    });
  });
});
