import { openDatabase } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';

import { accountsContract } from './contract/accounts.contract.js';

jest.setTimeout(60_000);

describe.each(testEngines)('accounts of people on $engine', ({ start }) => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());

  accountsContract(async (migrations) =>
    openDatabase({ url: await databases.url('accounts'), migrations }),
  );
});
