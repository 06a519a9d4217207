/** What docs/guides/define-a-fleet.md shows, as it is compiled and run. */
import { Controller, Get, Inject, Injectable, Module, Param, type Type } from '@nestjs/common';
import type { CallerRef, TokenSource } from '@countersign/token';

import {
  Caller,
  CountersignClientsModule,
  CountersignModule,
  defineFleet,
  Public,
  type ClientOf,
} from '../../src/index.js';

export const fleet = defineFleet({
  census: {
    audience: 'https://census.example/',
    scopes: {
      'users:read': 'read the users whom the subject may see',
      'users:write': 'change what the subject may change',
    },
  },
  herald: {
    calls: { census: ['users:read'] },
  },
});
export const census = fleet.service('census');
export const herald = fleet.service('herald');

@Controller('user')
@census.Audience('census')
class UsersController {
  @Get(':id')
  @census.Scopes('users:read')
  @census.Callers('herald')
  one(@Param('id') id: string, @Caller() caller: CallerRef) {
    return { id, shownTo: caller.name };
  }
}

/** Census, where its keys of Herald are known. */
export function censusModule(config: {
  readonly publicUrl: string;
  readonly heraldKeys: string;
}): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: census.name,
        ...census.options({
          audience: config.publicUrl, // only where it is another than the fleet's
          trust: [
            census.server('https://auth.example', { callers: { 'herald-client': 'herald' } }),
            census.peer('herald', { issuer: 'https://herald.example/', jwks: config.heraldKeys }),
          ],
        }),
      }),
    ],
    controllers: [UsersController],
  })
  class CensusModule {}
  return CensusModule;
}

@Injectable()
class Users {
  constructor(
    @herald.InjectClient('census') private readonly users: ClientOf<typeof herald, 'census'>,
  ) {}

  find(id: string) {
    return this.users.asSelf().get(`/user/${id}`, { scopes: ['users:read'] });
  }
}

@Controller()
class CallingController {
  constructor(@Inject(Users) private readonly users: Users) {}

  @Get(':id')
  @Public({ reason: 'a test calls it' })
  one(@Param('id') id: string) {
    return this.users.find(id);
  }
}

/** Herald. */
export function heraldModule(config: {
  readonly censusUrl: string;
  readonly source: TokenSource;
}): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: herald.name,
        ...herald.options({ audience: 'https://herald.example/', trust: [] }),
      }),
      CountersignClientsModule.forRoot({
        clients: herald.clients({ census: { url: config.censusUrl, source: config.source } }),
      }),
    ],
    controllers: [CallingController],
    providers: [Users],
  })
  class HeraldModule {}
  return HeraldModule;
}
