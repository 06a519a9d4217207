import { Body, Controller, Get, Module, Put, type Type } from '@nestjs/common';
import type { Clock, TrustEntry } from '@countersign/token';

import {
  Audience,
  Authenticated,
  BodyBound,
  Callers,
  CountersignModule,
  RequestBound,
  SenderConstrained,
  SingleUse,
  type CountersignOptions,
} from '../src/index.js';
import { CENSUS, ran } from './census.module.js';

@Controller()
@Audience('census')
@Authenticated()
class PossessionController {
  @Get('any')
  any() {
    ran.push('any');
  }

  @Get('held')
  @SenderConstrained()
  held() {
    ran.push('held');
  }

  @Get('closed')
  @Callers('nobody')
  closed() {
    ran.push('closed');
  }

  @Get('once')
  @SingleUse()
  once() {
    ran.push('once');
  }

  @Put('body')
  @BodyBound()
  body(@Body() body: unknown) {
    ran.push('body');
    return { body };
  }

  @Put('whole')
  @RequestBound()
  whole() {
    ran.push('whole');
  }
}

/** Routes for tokens that are bound to their sender. */
export function possessionModule(
  trust: readonly TrustEntry[],
  clock: Clock,
  options: Partial<CountersignOptions>,
): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust,
        clock,
        ...options,
      }),
    ],
    controllers: [PossessionController],
  })
  class PossessionModule {}
  return PossessionModule;
}
