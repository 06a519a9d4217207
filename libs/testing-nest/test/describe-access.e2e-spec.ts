import type { INestApplication } from '@nestjs/common';

import { attackKinds, describeAccess, type CountersignTest } from '../src/index.js';
import { adapters, start } from './start.js';
import { ran, UsersModule } from './users.module.js';

describe.each(adapters)('an application over %s', (_, adapter) => {
  let app: INestApplication;
  let t: CountersignTest;

  beforeAll(async () => {
    ({ app, t } = await start(UsersModule, adapter()));
  });
  afterAll(() => app.close());

  describeAccess(() => t, {
    subject: '/user/42/',
    requests: { 'GET /user/:id': { params: { id: '42' } } },
  });

  it('is tried in every way, at every route', () => {
    const tried = t.attacks();
    expect(new Set(tried.map(({ kind }) => kind))).toEqual(new Set(attackKinds));
    const routes = new Set(tried.map(({ route }) => route));
    expect([...routes].sort()).toEqual(Object.keys(t.accessMap()).sort());
  });

  it('ran no handler', () => {
    expect(ran).toEqual([]);
  });
});
