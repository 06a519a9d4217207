import {
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Param,
  Post,
  type Type,
} from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type {
  CallerRef,
  Clock,
  Principal as PrincipalValue,
  SubjectRef,
  TrustEntry,
} from '@countersign/token';

import {
  Access,
  AnyScope,
  Audience,
  Authenticated,
  Caller,
  Callers,
  CountersignModule,
  type CountersignOptions,
  OnBehalfOf,
  Principal,
  Public,
  RequireUser,
  Scopes,
  ServiceOnly,
  Subject,
  allOf,
  allow,
  anyOf,
  deny,
  onBehalfOf,
  scopes,
  serviceOnly,
  type AccessPolicy,
  type AccessRequest,
} from '../src/index.js';

/** URI of the service under test. */
export const CENSUS = 'https://census.example/';

/** Counts what really ran, so that a test can say that nothing did. */
export const ran: string[] = [];

@Injectable()
class SameUser implements AccessPolicy<{ param: string }> {
  async evaluate({ subject, params }: AccessRequest, { param }: { param: string }) {
    await Promise.resolve();
    if (params[param] === 'boom') throw new Error('the policy broke');
    return subject?.uri === `${CENSUS}user/${params[param]}/` ? allow() : deny('not_owner');
  }
}

@Controller('user')
@Audience('census')
class UsersController {
  @Get('principal')
  @MessagePattern('user.principal')
  @Authenticated()
  async principal(
    @Principal() principal: PrincipalValue,
    @Caller() caller: CallerRef,
    @Subject() subject?: SubjectRef,
  ) {
    ran.push('principal');
    await new Promise((resolve) => setImmediate(resolve));
    return { caller, subject: subject ?? null, scopes: principal.scopes };
  }

  @Get('public')
  @Public({ reason: 'liveness probe' })
  open() {
    ran.push('open');
    return { open: true };
  }

  @Get('any-scope')
  @AnyScope('users:read', 'users:list')
  anyScope() {
    ran.push('anyScope');
  }

  @Get('callers')
  @Callers('herald')
  callers() {
    ran.push('callers');
  }

  @Get('user-only')
  @RequireUser()
  userOnly() {
    ran.push('userOnly');
  }

  @Get('service-only')
  @ServiceOnly()
  serviceOnly() {
    ran.push('serviceOnly');
  }

  @Get('either/:id')
  @Access(
    anyOf(
      allOf(scopes('users:read'), onBehalfOf(SameUser, { param: 'id' })),
      allOf(scopes('users:read:any'), serviceOnly()),
    ),
  )
  either() {
    ran.push('either');
  }

  @Get('admin')
  @Audience('admin')
  @Authenticated()
  admin() {
    ran.push('admin');
  }

  @Post('post')
  @HttpCode(200)
  @Scopes('users:write')
  write() {
    ran.push('write');
  }

  @Get(':id')
  @Scopes('users:read')
  @OnBehalfOf(SameUser, { param: 'id' })
  one(@Param('id') id: string) {
    ran.push('one');
    return { id };
  }
}

/** A service with a route for every word of a rule. */
export function censusModule(
  trust: readonly TrustEntry[],
  clock: Clock,
  decisions: 'refused' | 'all' = 'refused',
  decryption?: CountersignOptions['decryption'],
  more: Pick<CountersignOptions, 'explain'> = {},
): Type {
  @Module({
    imports: [
      CountersignModule.forRootAsync({
        service: 'census',
        useFactory: () => ({
          audiences: { census: CENSUS, admin: `${CENSUS}admin` },
          trust,
          clock,
          decisions,
          ...(decryption && { decryption }),
          ...more,
        }),
      }),
    ],
    controllers: [UsersController],
    providers: [SameUser],
  })
  class CensusModule {}
  return CensusModule;
}
