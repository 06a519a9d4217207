import { openDatabase } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';

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
