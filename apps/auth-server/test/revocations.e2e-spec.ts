import { openDatabase } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';

import { revocationContract } from './contract/revocation.contract.js';

describe.each(testEngines)('revocations on $engine', ({ start }) => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());

  revocationContract(async (migrations) =>
    openDatabase({ url: await databases.url('revocations'), migrations }),
  );
});
