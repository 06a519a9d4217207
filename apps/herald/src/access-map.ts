/** Writes the access map of this app, without starting it, to the file that is named or to standard output. */
import 'reflect-metadata';
import { writeAccessMap } from '@countersign/auth';
import { mapApp } from '@countersign/runtime';

import { AppModule } from './app.module.js';
import { loadConfig } from './config.js';

const map = await mapApp({ config: loadConfig(), module: (config) => AppModule.forRoot(config) });
await writeAccessMap(map, process.argv[2]);
