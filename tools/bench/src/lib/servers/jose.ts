import { Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

const keys = createRemoteJWKSet(new URL(jwksUrl));

// What a careful service writes by hand over jose.
class JoseGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: { authorization: string } }>();
    const token = request.headers.authorization.replace(/^Bearer /i, '');
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuerUrl,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    return String(payload['scope']).split(' ').includes('things:read');
  }
}

@Module({
  controllers: [ThingController],
  providers: [{ provide: APP_GUARD, useClass: JoseGuard }],
})
class JoseModule {}

await serve(JoseModule);
