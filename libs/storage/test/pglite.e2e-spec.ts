import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '../src/index.js';
import { databaseContract } from './contract/database.contract.js';

describe('a database on PGlite', () => {
  let root: string;
  let count = 0;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'pglite-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  databaseContract(async () => {
    const directory = join(root, String(count++));
    return (options) => openDatabase({ ...options, directory });
  });
});
