import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';

import type { BaseConfig } from '../config/base-config.js';
import { HealthModule } from '../health/health.module.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import type { AppOptions } from './start-app.js';

@Module({})
class RootModule {}

/** The app's own module, and what every app has beside it. @internal */
export function rootModule<Config extends BaseConfig>({
  config,
  module,
  errorShapes = [],
}: Pick<AppOptions<Config>, 'config' | 'module' | 'errorShapes'>): DynamicModule {
  return {
    module: RootModule,
    imports: [HealthModule, MetricsModule.forRoot(config), module(config)],
    // Of the global filters Nest asks the last first: the first one here is the last resort.
    providers: [{ provide: APP_FILTER, useValue: new ProblemFilter(errorShapes) }],
  };
}
