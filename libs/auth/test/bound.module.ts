import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Module,
  Post,
  Put,
  type Type,
} from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { Clock, TrustEntry } from '@countersign/token';

import {
  Audience,
  Authenticated,
  BodyBound,
  CountersignModule,
  RequestBound,
  Scopes,
  SingleUse,
  type CountersignOptions,
} from '../src/index.js';
import { CENSUS, ran } from './census.module.js';

@Controller()
@Audience('census')
class BoundController {
  @Put('bound')
  @Authenticated()
  @RequestBound()
  replace(@Body() body: unknown) {
    ran.push('replace');
    return { body: body ?? null };
  }

  @Get('bound')
  @Authenticated()
  @RequestBound()
  one() {
    ran.push('one');
    return {};
  }

  @Post('body')
  @HttpCode(200)
  @Authenticated()
  @BodyBound()
  @SingleUse()
  body() {
    ran.push('body');
  }

  @Delete('once')
  @MessagePattern('once')
  @Scopes('users:delete')
  @SingleUse()
  once() {
    ran.push('once');
  }

  @Post('unbound')
  @MessagePattern('unbound')
  @HttpCode(200)
  @Authenticated()
  unbound() {
    ran.push('unbound');
  }
}

@Controller()
@Audience('census')
@Authenticated()
class BoundMessages {
  @MessagePattern('user.bound')
  @RequestBound()
  bound(@Payload() data: unknown) {
    ran.push('bound');
    return { data };
  }

  @MessagePattern({ cmd: 'body' })
  @BodyBound()
  @SingleUse()
  body() {
    ran.push('body');
  }

  @EventPattern('changed')
  @RequestBound()
  @SingleUse()
  first(@Payload() data: unknown) {
    ran.push(`first ${JSON.stringify(data)}`);
  }

  @EventPattern('changed')
  @SingleUse()
  second(@Payload() data: unknown) {
    ran.push(`second ${JSON.stringify(data)}`);
  }

  @EventPattern('changed')
  @Scopes('users:delete')
  third(@Payload() data: unknown) {
    ran.push(`third ${JSON.stringify(data)}`);
  }
}

/** A service whose routes want more of a call than a token. */
export function boundModule(
  trust: readonly TrustEntry[],
  clock: Clock,
  options: Pick<CountersignOptions, 'replay' | 'publicUrl' | 'body'>,
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
    controllers: [BoundController, BoundMessages],
  })
  class BoundModule {}
  return BoundModule;
}
