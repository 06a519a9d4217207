import { trustTestIssuers, CountersignTest, describeAccess } from '@countersign/testing-nest';

import { startCensus, type RunningCensus } from './support/start-census.js';

const users = [
  { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue', role: 'administrator' },
];

describe('the rules of Census', () => {
  let running: RunningCensus;
  let t: CountersignTest;

  beforeAll(async () => {
    running = await startCensus(users, undefined, trustTestIssuers);
    t = await CountersignTest.for(running.app);
  }, 60_000);
  afterAll(() => running.close());

  const params = { id: '21' };
  const patch = { params, headers: { 'content-type': 'application/merge-patch+json' } };
  describeAccess(() => t, {
    subject: '/user/21/',
    requests: {
      'GET /user/:id': { params },
      'PUT /user/:id': { params },
      'PATCH /user/:id': patch,
      'DELETE /user/:id': { params },
    },
  });

  it('are these', () => {
    expect(t.accessMap()).toMatchInlineSnapshot(`
     {
       "DELETE /user/:id": "census: (users:write and a user and MayAdministerUsers) or (users:write:any and no user)",
       "GET /countersign/decisions": "census: admin:read",
       "GET /countersign/decisions/:decision": "census: admin:read",
       "GET /health/live": "everybody: liveness probe: says nothing but that the process runs",
       "GET /health/ready": "everybody: readiness probe: load balancers hold no token",
       "GET /openapi.json": "everybody: describes the interface, which is no secret; says nothing of anybody",
       "GET /user": "census: (users:read and a user and IsUser) or (users:read:any and no user)",
       "GET /user/:id": "census: (users:read and a user and MaySeeUser({"param":"id"})) or (users:read:any and no user)",
       "PATCH /user/:id": "census: (users:write and a user and MayChangeUser({"param":"id"})) or (users:write:any and no user)",
       "POST /user": "census: (users:write and a user and MayAdministerUsers) or (users:write:any and no user)",
       "PUT /user/:id": "census: (users:write and a user and MayChangeUser({"param":"id"})) or (users:write:any and no user)",
     }
    `);
  });

  it('open the way that the map draws', async () => {
    const ada = { subject: '/user/21/', scopes: ['users:read'] };
    await t.as('herald', ada).get('/user/21/').expect(200);
    await t.as('reporting', ada).get('/user/21/').expect(200);
    await t
      .as('herald', { scopes: ['users:read:any'] })
      .get('/user/21/')
      .expect(403);
  });
});
