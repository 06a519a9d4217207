import { Controller, Get, Module } from '@nestjs/common';
import { Audience, CountersignModule, Scopes } from '@countersign/auth';
import { authorizationServer } from '@countersign/token';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';

@Controller('thing')
@Audience('things')
class ThingController {
  @Get()
  @Scopes('things:read')
  one() {
    return { ok: true };
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'things',
      audiences: { things: audience },
      trust: [authorizationServer(issuerUrl, { jwksUri: jwksUrl })],
    }),
  ],
  controllers: [ThingController],
})
class GuardedModule {}

await serve(GuardedModule);
