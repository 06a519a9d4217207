import { Module, type DynamicModule } from '@nestjs/common';

import type { BaseConfig } from '../config/base-config.js';
import { METRICS_ADDRESS, MetricsServer, type MetricsAddress } from './metrics-server.js';

/** Metrics on `METRICS_PORT`; nothing without it. @internal */
@Module({})
export class MetricsModule {
  static forRoot({ HOST: host, METRICS_PORT: port }: BaseConfig): DynamicModule {
    if (port === undefined) return { module: MetricsModule };
    const address: MetricsAddress = { host, port };
    return {
      module: MetricsModule,
      providers: [{ provide: METRICS_ADDRESS, useValue: address }, MetricsServer],
    };
  }
}
