/** What docs/guides/migrate-from-passport-jwt.md shows, as it is compiled and run. */
import { Controller, Get, Injectable, Module, Param, Post, Req, UseGuards } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { SubjectRef, TrustEntry } from '@countersign/token';

import {
  allow,
  Audience,
  CountersignModule,
  deny,
  OnBehalfOf,
  Scopes,
  Subject,
  type AccessPolicy,
  type AccessRequest,
} from '../../src/index.js';

interface Claims {
  readonly sub: string;
  readonly scope?: string;
}

interface AuthenticatedRequest {
  readonly user: { readonly id: string; readonly scopes: readonly string[] };
}

const ordersOf = (user: string) => [{ user }];

/** The strategy as it is pasted into services. */
export function before(publicKey: string): Type {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: publicKey, // a PEM, from the environment
      });
    }

    validate({ sub, scope }: Claims) {
      return { id: sub, scopes: scope?.split(' ') ?? [] };
    }
  }

  @Controller('orders')
  class OrdersController {
    @Get()
    @UseGuards(AuthGuard('jwt'))
    all(@Req() { user }: AuthenticatedRequest) {
      return ordersOf(user.id);
    }

    @Post('import')
    import() {
      return { imported: true };
    }
  }

  @Module({
    imports: [PassportModule],
    providers: [JwtStrategy],
    controllers: [OrdersController],
  })
  class Before {}
  return Before;
}

/** On the way: the strategy still guards what has no rule yet. */
export function between(publicKey: string, trust: TrustEntry, file: URL): Type {
  @Controller('invoices')
  @Audience('orders')
  class InvoicesController {
    @Get()
    @Scopes('invoices:read')
    all(@Subject() user: SubjectRef) {
      return ordersOf(user.uri);
    }
  }

  const guarded = CountersignModule.forRoot({
    service: 'orders',
    audiences: { orders: 'https://orders.example/' },
    trust: [trust],
    undeclared: 'report',
    baseline: { file },
  });

  @Module({ imports: [guarded, before(publicKey)], controllers: [InvoicesController] })
  class Between {}
  return Between;
}

@Injectable()
export class OwnOrders implements AccessPolicy<{ param: string }> {
  evaluate({ subject, params }: AccessRequest, { param }: { param: string }) {
    return subject?.uri === `https://people.example/${params[param]}/`
      ? allow()
      : deny('not_owner');
  }
}

@Controller('orders')
@Audience('orders')
class OrdersController {
  @Get()
  @Scopes('orders:read')
  all(@Subject() user: SubjectRef) {
    return ordersOf(user.uri);
  }

  @Get('of/:id')
  @Scopes('orders:read')
  @OnBehalfOf(OwnOrders, { param: 'id' })
  of(@Param('id') id: string) {
    return ordersOf(id);
  }

  @Post('import')
  @Scopes('orders:import')
  import() {
    return { imported: true };
  }
}

/** Moved. */
export function after(trust: TrustEntry): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'orders',
        audiences: { orders: 'https://orders.example/' },
        trust: [trust],
      }),
    ],
    controllers: [OrdersController],
    providers: [OwnOrders],
  })
  class After {}
  return After;
}
