import {
  Body,
  Controller,
  Delete,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import {
  Access,
  allOf,
  allow,
  anyOf,
  AnyScope,
  Audience,
  Authenticated,
  Callers,
  CountersignModule,
  deny,
  onBehalfOf,
  OptionalAuth,
  Public,
  RequestBound,
  RequireUser,
  Scopes,
  scopes,
  SenderConstrained,
  serviceOnly,
  SingleUse,
  type AccessPolicy,
  type AccessRequest,
  type CountersignOptions,
} from '@countersign/auth';
import { authorizationServer, memoryReplay, servicePeer } from '@countersign/token';

export const CENSUS = 'https://census.example/';
const users = `${CENSUS}user/`;

/** Handlers that ran. */
export const ran: string[] = [];

@Injectable()
export class SameUser implements AccessPolicy<{ param: string }> {
  evaluate({ subject, params }: AccessRequest, { param }: { param: string }) {
    return subject?.uri === `${users}${params[param]}/` ? allow() : deny('not_owner');
  }
}

@Controller('user')
@Audience('census')
export class UsersController {
  @Get(':id')
  @Access(
    anyOf(
      allOf(scopes('users:read'), onBehalfOf(SameUser, { param: 'id' })),
      allOf(scopes('users:read:any'), serviceOnly()),
    ),
  )
  one(@Param('id') id: string) {
    ran.push('one');
    return { id };
  }

  @Get()
  @AnyScope('users:read', 'users:read:any')
  list() {
    ran.push('list');
    return [];
  }

  @Put(':id')
  @Scopes('users:write')
  @Callers('herald')
  @RequireUser()
  @RequestBound()
  @SingleUse()
  replace(@Param('id') id: string, @Body() body: unknown) {
    ran.push('replace');
    return { id, body };
  }

  @Delete(':id')
  @Scopes('users:write')
  @Callers('reporting', 'herald')
  @SingleUse()
  remove() {
    ran.push('remove');
  }

  @Post()
  @Scopes('users:write')
  @SenderConstrained()
  create() {
    ran.push('create');
  }

  @Get('any/caller')
  @Authenticated()
  any() {
    ran.push('any');
  }

  @Get('any/body')
  @OptionalAuth()
  anybody() {
    ran.push('anybody');
  }
}

@Controller('health')
export class HealthController {
  @Get()
  @Public({ reason: 'liveness probe' })
  health() {
    return { status: 'ok' };
  }
}

/** The options as they are in production: nobody here has the keys behind these addresses. */
export const options: CountersignOptions = {
  audiences: { census: CENSUS },
  publicUrl: CENSUS,
  replay: memoryReplay(),
  dpop: { replay: memoryReplay() },
  trust: [
    authorizationServer('https://auth.example', {
      subjects: [users],
      callers: { 'client-7': 'reporting' },
    }),
    servicePeer('herald', {
      issuer: 'https://herald.example/',
      jwks: 'https://herald.example/.well-known/jwks.json',
      carrier: 'JWT',
      mayAssert: ['users:read', 'users:write'],
      subjects: [users],
    }),
  ],
};

const declared = { controllers: [UsersController, HealthController], providers: [SameUser] };

@Module({ imports: [CountersignModule.forRoot({ service: 'census', ...options })], ...declared })
export class UsersModule {}

@Module({
  imports: [CountersignModule.forRootAsync({ service: 'census', useFactory: async () => options })],
})
class SecurityModule {}

/** The same, with the options behind a factory and two static modules. */
@Module({ imports: [SecurityModule], ...declared })
export class NestedModule {
  constructor(readonly policy: SameUser) {}
}

/** The same with other options. */
export function usersModule(changes: Partial<CountersignOptions>) {
  @Module({
    imports: [CountersignModule.forRoot({ service: 'census', ...options, ...changes })],
    ...declared,
  })
  class OtherModule {}
  return OtherModule;
}
