import { openDatabase } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';

import { registryContract } from './contract/registry.contract.js';

describe.each(testEngines)('the registry on $engine', ({ start }) => {
  let databases: TestDatabases;
  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());

  registryContract(async (migrations) =>
    openDatabase({ url: await databases.url('registry'), migrations }),
  );
});
