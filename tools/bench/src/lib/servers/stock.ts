import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import jwksRsa from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';

// The strategy as tutorials have it, with jwks-rsa's cache on: the peer most services run today.
@Injectable()
class StockStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri: jwksUrl, cache: true }),
      audience,
      issuer: issuerUrl,
      algorithms: ['ES256'],
    });
  }

  validate(claims: { readonly sub: string }) {
    return { sub: claims.sub };
  }
}

@Controller('thing')
class ThingController {
  @Get()
  @UseGuards(AuthGuard('jwt'))
  one() {
    return { ok: true };
  }
}

@Module({
  imports: [PassportModule],
  controllers: [ThingController],
  providers: [StockStrategy],
})
class StockModule {}

await serve(StockModule);
