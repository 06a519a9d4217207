import 'reflect-metadata';

import { portOf, readSettings } from '../settings.js';
import { start } from '../start.js';
import { ClientModule } from './client.module.js';

const settings = readSettings(process.env);
await start(ClientModule.forRoot(settings), portOf(settings.clientUrl));
