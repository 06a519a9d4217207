import 'reflect-metadata';

import { portOf, readSettings } from '../settings.js';
import { start } from '../start.js';
import { ServerModule } from './server.module.js';

const settings = readSettings(process.env);
await start(ServerModule.forRoot(settings), portOf(settings.serverUrl));
