/** What docs/guides/operate-a-service.md shows of health, as it is compiled and run. */
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { memoryReplay, type TrustEntry } from '@countersign/token';

import { CountersignModule, Public } from '../../src/index.js';
import { CountersignHealthIndicator } from '../../src/terminus.js';

@Controller('health')
@Public({ reason: 'asked by whoever balances load' })
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly countersign: CountersignHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([
      () => this.countersign.keys({ required: ['auth-server'] }),
      () => this.countersign.trust(),
      () => this.countersign.revocations(),
      () => this.countersign.replay(),
    ]);
  }
}

/** A service that can be asked how it is. */
export function healthyModule(trust: readonly TrustEntry[]): Type {
  @Module({
    imports: [
      TerminusModule,
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: 'https://census.example/' },
        trust,
        replay: memoryReplay(),
      }),
    ],
    controllers: [HealthController],
    providers: [CountersignHealthIndicator],
  })
  class HealthyModule {}
  return HealthyModule;
}
