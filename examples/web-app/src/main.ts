import 'reflect-metadata';
import { systemClock } from '@countersign/token';

import { clientKey } from './client-key/client-key.js';
import { createWebApp } from './create-web-app.js';
import { readSettings } from './settings.js';

const settings = readSettings(process.env);
const key = await clientKey(settings.clientKeyFile);
const app = await createWebApp({ settings, key, clock: systemClock });
await app.listen(settings.port, settings.host);
process.stdout.write('listening\n');
