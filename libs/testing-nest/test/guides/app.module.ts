import { Controller, Get, Module, Param } from '@nestjs/common';
import {
  allow,
  Audience,
  CountersignModule,
  deny,
  OnBehalfOf,
  Public,
  Scopes,
  type AccessPolicy,
  type AccessRequest,
} from '@countersign/auth';
import { servicePeer } from '@countersign/token';

class SameUser implements AccessPolicy<{ param: string }> {
  evaluate({ subject, params }: AccessRequest, { param }: { param: string }) {
    const own = `https://census.example/user/${params[param]}/`;
    return subject?.uri === own ? allow() : deny('not_owner');
  }
}

@Controller()
@Audience('census')
class UsersController {
  @Get('user/:id')
  @Scopes('users:read')
  @OnBehalfOf(SameUser, { param: 'id' })
  one(@Param('id') id: string) {
    return { id };
  }

  @Get('health')
  @Public({ reason: 'liveness probe' })
  health() {
    return {};
  }
}

/** The application of the guide. */
@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: 'https://census.example/' },
      trust: [
        servicePeer('herald', {
          issuer: 'https://herald.example/',
          jwks: 'https://herald.example/.well-known/jwks.json',
          carrier: 'JWT',
          mayAssert: ['users:read'],
          subjects: ['https://census.example/user/'],
        }),
      ],
    }),
  ],
  controllers: [UsersController],
  providers: [SameUser],
})
export class AppModule {}
