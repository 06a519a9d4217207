/** What docs/guides/call-another-service.md shows, as it is compiled and run. */
import {
  Body,
  Controller,
  Get,
  Global,
  Injectable,
  Module,
  Param,
  Post,
  Put,
  type Type,
} from '@nestjs/common';
import {
  clientCredentials,
  memoryReplay,
  privateKeyJwt,
  selfIssued,
  tokenExchange,
  type CallerRef,
  type Signer,
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
  RequestBound,
  Scopes,
  ServiceClient,
  SingleUse,
  Subject,
  type ServiceClientOptions,
} from '../../src/index.js';

interface AuditEvent {
  readonly event: string;
}

/** Stands for a schema. */
const User = {
  parse: (json: unknown) => json as { readonly id: string; readonly shownTo: string },
};

/** Stands for those of `@countersign/runtime`. */
export abstract class SigningKeys {
  abstract signer(): Signer;
}

@Injectable()
export class Users {
  constructor(@InjectClient('census') private readonly census: ServiceClient) {}

  find(id: string) {
    return this.census.asSubject().get(`/user/${id}/`, { parse: User.parse });
  }

  async record(event: AuditEvent) {
    await this.census.asSelf().post('/audit', event, { scopes: ['audit:write'] });
  }
}

@Injectable()
class Changes {
  constructor(@InjectClient('census') private readonly census: ServiceClient) {}

  async replace(id: string, user: object) {
    await this.census.asSubject().put(`/user/${id}/`, user, { bound: true });
  }
}

@Controller()
@Audience('herald')
@Authenticated()
class Calling {
  constructor(
    private readonly users: Users,
    private readonly changes: Changes,
  ) {}

  @Get(':id')
  async all(@Param('id') id: string) {
    const found = await this.users.find(id);
    await this.changes.replace(id, { name: 'Ann' });
    await this.users.record({ event: 'read' });
    return found;
  }
}

/** The service that calls. */
export function callingModule(
  censusUrl: string,
  keys: SigningKeys,
  trust: readonly TrustEntry[],
): Type {
  const clients = CountersignClientsModule.forRootAsync({
    names: ['census'],
    inject: [SigningKeys],
    useFactory: (keys: SigningKeys) => ({
      census: {
        url: censusUrl, // https://census.example/
        scopes: ['users:read'],
        source: selfIssued({ issuer: 'https://herald.example/', signer: () => keys.signer() }),
      },
    }),
  });

  @Global()
  @Module({
    providers: [{ provide: SigningKeys, useValue: keys }],
    exports: [SigningKeys],
  })
  class Keys {}

  @Module({
    imports: [
      Keys,
      clients,
      CountersignModule.forRoot({
        service: 'herald',
        audiences: { herald: 'https://herald.example/' },
        trust,
      }),
    ],
    controllers: [Calling],
    providers: [Users, Changes],
  })
  class CallingModule {}
  return CallingModule;
}

/** The other sources of the guide. */
export function sourceAtServer(keys: SigningKeys): ServiceClientOptions['source'] {
  const server = {
    issuer: 'https://auth.example',
    client: privateKeyJwt('herald-client', { signer: () => keys.signer() }),
  };
  const source = { asSubject: tokenExchange(server), asSelf: clientCredentials(server) };
  return source;
}

/** What was changed and recorded. */
export const seen: unknown[] = [];

@Controller()
@Audience('census')
class Called {
  @Get('user/:id')
  @Scopes('users:read')
  find(@Param('id') id: string, @Caller() caller: CallerRef) {
    return { id, shownTo: caller.name };
  }

  @Put('user/:id')
  @Scopes('users:read')
  @RequestBound()
  @SingleUse()
  replace(@Body() user: object, @Subject() subject: SubjectRef) {
    seen.push(user, subject.uri);
  }

  @Post('audit')
  @Scopes('audit:write')
  record(@Body() event: AuditEvent) {
    seen.push(event);
  }
}

/** The service that is called, at its own URL. */
export function calledModule(publicUrl: string, trust: readonly TrustEntry[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: publicUrl },
        publicUrl,
        replay: memoryReplay(),
        trust,
      }),
    ],
    controllers: [Called],
  })
  class CalledModule {}
  return CalledModule;
}

/** The users of Census. */
export const users = 'https://census.example/user/';
