import { CountersignTest, describeAccess, trustTestIssuers } from '@countersign/testing-nest';

import { bootstrap, startAdminServer, type AdminServer } from './start-admin-server.js';

describe('the rules of the authorization server', () => {
  let server: AdminServer;
  let t: CountersignTest;

  beforeAll(async () => {
    server = await startAdminServer({
      under: trustTestIssuers,
      env: { PEOPLE: 'on', PEOPLE_SUBJECTS: 'https://census.example/user/' },
    });
    await bootstrap(server);
    t = await CountersignTest.for(server.running.app);
  }, 120_000);
  afterAll(() => server.stop());

  // Tokens of clients that the registry does not know count as revoked.
  describeAccess(() => t, { client: 'ops' });

  it('keep everything that administers for administrators', () => {
    const administers = Object.entries(t.accessMap())
      .filter(([route]) => route.includes(' /admin/'))
      .filter(([route]) => route !== 'POST /admin/bootstrap');
    expect(administers.length).toBeGreaterThan(30);
    for (const [route, rule] of administers)
      expect(`${route} ${rule}`).toMatch(/^GET .*admin:|^(POST|PUT|PATCH|DELETE) .*: admin:write$/);
  });
});
