/** Two services: Census says who called and for whom, Herald calls it. */
import { randomBytes } from 'node:crypto';

import {
  Controller,
  Get,
  Module,
  Param,
  Post,
  Query,
  Body,
  Headers,
  type Type,
} from '@nestjs/common';
import {
  dpopNonces,
  memoryReplay,
  type CallerRef,
  type SubjectRef,
  type TrustEntry,
} from '@countersign/token';

import {
  Audience,
  Authenticated,
  Caller,
  CountersignClientsModule,
  CountersignModule,
  InjectClient,
  Public,
  RequestBound,
  Scopes,
  ServiceClient,
  SingleUse,
  Subject,
  type ServiceClientOptions,
} from '../src/index.js';

export const HERALD = 'https://herald.example/';
export const USERS = 'https://census.example/user/';

@Controller('user')
@Audience('census')
class UsersController {
  @Get(':id')
  @Scopes('users:read')
  one(
    @Param('id') id: string,
    @Caller() caller: CallerRef,
    @Headers('traceparent') trace: string | undefined,
    @Subject() subject?: SubjectRef,
  ) {
    return { id, caller: caller.id, subject: subject?.uri ?? null, trace: trace ?? null };
  }

  @Post('bound')
  @Scopes('users:write')
  @RequestBound()
  @SingleUse()
  bound(@Body() body: unknown, @Query('n') n: string, @Subject() subject?: SubjectRef) {
    return { body, n, subject: subject?.uri ?? null };
  }
}

/** Census; `url` is its public URL and audience. */
export function calledModule(url: string, trust: readonly TrustEntry[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: url },
        trust,
        replay: memoryReplay(),
        publicUrl: url,
        dpop: { nonces: dpopNonces({ secrets: [randomBytes(32)] }) },
      }),
    ],
    controllers: [UsersController],
  })
  class CalledModule {}
  return CalledModule;
}

@Controller('ask')
@Audience('herald')
class AskController {
  constructor(@InjectClient('census') private readonly census: ServiceClient) {}

  @Get('subject/:id')
  @Authenticated()
  async subject(@Param('id') id: string) {
    await new Promise((resolve) => setImmediate(resolve));
    return this.census.asSubject().get(`/user/${id}`);
  }

  @Get('self/:id')
  @Authenticated()
  self(@Param('id') id: string) {
    return this.census.asSelf().get(`/user/${id}`);
  }

  @Get('public')
  @Public({ reason: 'a test' })
  open() {
    return this.census.asSubject().get('/user/1');
  }

  @Post('bound')
  @Authenticated()
  bound() {
    const options = { bound: true, scopes: ['users:write'], query: { n: 'a b' } };
    return this.census.asSubject().post('/user/bound', { a: 1 }, options);
  }
}

/** Herald, with one client: Census. */
export function callingModule(census: ServiceClientOptions, trust: readonly TrustEntry[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({ service: 'herald', audiences: { herald: HERALD }, trust }),
      CountersignClientsModule.forRootAsync({
        names: ['census'],
        useFactory: () => ({ census }),
      }),
    ],
    controllers: [AskController],
  })
  class CallingModule {}
  return CallingModule;
}
