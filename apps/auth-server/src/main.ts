import 'reflect-metadata';
import { runApp } from '@countersign/runtime';

import { AppModule } from './app.module.js';
import { loadConfig } from './config.js';
import { tokenErrorShape } from './token/token-error.shape.js';

await runApp({
  name: 'auth-server',
  config: loadConfig,
  module: (config) => AppModule.forRoot(config),
  bodies: ['form', 'json'],
  errorShapes: [tokenErrorShape],
});
