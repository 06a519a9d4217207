import { Logger } from '@nestjs/common';
import { openDatabase } from '@countersign/storage';
import {
  startPostgres,
  testEngines,
  type TestDatabases,
  type TestPostgres,
} from '@countersign/test-postgres';
import { until } from '@countersign/testing';

import { AuditStore } from '../src/audit/audit-store.js';
import { auditMigrations } from '../src/audit/audit.table.js';
import { Audit } from '../src/audit/audit.js';
import { auditContract } from './contract/audit.contract.js';

describe.each(testEngines)('the audit log on $engine', ({ start }) => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());

  auditContract(async (migrations) =>
    openDatabase({ url: await databases.url('audit'), migrations }),
  );
});

describe('the audit log when PostgreSQL is killed', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startPostgres({ own: true });
  }, 60_000);
  afterAll(async () => {
    Logger.overrideLogger(['error']);
    await postgres.stop();
  });

  it('loses nothing and records nothing twice', async () => {
    const url = await postgres.url('audit');
    const database = await openDatabase({ url, migrations: [auditMigrations] });
    const store = new AuditStore(database);
    const audit = new Audit(store, { interval: 5, batchSize: 20, drainTime: 30_000 });
    const record = (from: number, to: number) => {
      for (let n = from; n < to; n += 1) audit.record({ at: n, event: 'kept', jti: `${n}` });
    };
    record(0, 2_000);
    await until(() => audit.waiting <= 1_900);
    await postgres.kill9();
    record(2_000, 3_000);
    await postgres.restart();
    record(3_000, 3_100);
    await audit.drain();
    const { rows } = await database.execute<{ rows: number; events: number }>(
      `select count(*)::int as rows, count(distinct jti)::int as events
       from audit_events where event = 'kept'`,
    );
    expect(rows).toEqual([{ rows: 3_100, events: 3_100 }]);
    await database.close();
  }, 60_000);
});
