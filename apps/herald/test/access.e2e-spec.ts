import { CountersignTest, describeAccess, trustTestIssuers } from '@countersign/testing-nest';

import { startHerald, type RunningHerald } from './support/start-herald.js';

describe('the rules of Herald', () => {
  let running: RunningHerald;
  let t: CountersignTest;

  beforeAll(async () => {
    running = await startHerald({}, trustTestIssuers);
    t = await CountersignTest.for(running.app);
  }, 120_000);
  afterAll(() => running.close());

  describeAccess(() => t);

  it('are these', () => {
    expect(t.accessMap()).toMatchInlineSnapshot(`
     {
       "GET /.well-known/jwks.json": "everybody: public keys: whoever verifies our tokens holds no token",
       "GET /countersign/decisions": "herald: admin:read",
       "GET /countersign/decisions/:decision": "herald: admin:read",
       "GET /health/live": "everybody: liveness probe: says nothing but that the process runs",
       "GET /health/ready": "everybody: readiness probe: load balancers hold no token",
       "GET /notification": "herald: ((notifications:send or notifications:read) and a user) or (notifications:read:any and no user)",
       "GET /notification/:id": "herald: ((notifications:send or notifications:read) and a user and MaySeeNotification({"param":"id"})) or (notifications:read:any and no user)",
       "GET /openapi.json": "everybody: describes the interface, which is no secret; says nothing of anybody",
       "GET /template": "herald: notifications:send or notifications:preview",
       "GET /template/:type/preview": "herald: notifications:send or notifications:preview",
       "POST /notification": "herald: (notifications:send and a user) or (notifications:links and no user and called by auth-server)",
       "POST /notification/:id/resend": "herald: (notifications:send and a user and MayResendNotification({"param":"id"})) or (notifications:resend and no user)",
     }
    `);
  });
});
