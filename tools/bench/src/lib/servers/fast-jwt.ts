import { Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { createVerifier } from 'fast-jwt';
import buildGetJwks from 'get-jwks';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

const keys = buildGetJwks();
const domain = new URL(jwksUrl).origin;
const verify = createVerifier({
  key: async ({ header }: { header: Record<string, unknown> }) =>
    keys.getPublicKey({ kid: String(header['kid']), alg: String(header['alg']), domain }),
  algorithms: ['ES256'],
  allowedIss: issuerUrl,
  allowedAud: audience,
  cache: 10_000,
});

class FastJwtGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: { authorization: string } }>();
    const token = request.headers.authorization.replace(/^Bearer /i, '');
    const { scope } = (await verify(token)) as { scope?: string };
    return String(scope).split(' ').includes('things:read');
  }
}

@Module({
  controllers: [ThingController],
  providers: [{ provide: APP_GUARD, useClass: FastJwtGuard }],
})
class FastJwtModule {}

await serve(FastJwtModule);
