import 'reflect-metadata';
import { runApp } from '@countersign/runtime';

import { AppModule } from './app.module.js';
import { loadConfig } from './config.js';

await runApp({
  name: 'census',
  config: loadConfig,
  bodies: ['json', 'merge-patch'],
  module: (config) => AppModule.forRoot(config),
});
