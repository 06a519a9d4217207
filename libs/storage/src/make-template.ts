/** Post-build step: leaves a fresh database in dist, from which first boots are loaded. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import { PGlite } from '@electric-sql/pglite';

import { templatePath } from './lib/pglite/template.js';

const path = templatePath();
if (!existsSync(path)) {
  const client = await PGlite.create();
  await client.exec('checkpoint');
  const dump = await client.dumpDataDir('gzip');
  await client.close();
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, Buffer.from(await dump.arrayBuffer()));
  await rename(draft, path);
}
