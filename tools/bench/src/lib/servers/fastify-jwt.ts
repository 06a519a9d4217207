import fastifyJwt from '@fastify/jwt';
import { Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import buildGetJwks from 'get-jwks';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

const keys = buildGetJwks();
const domain = new URL(jwksUrl).origin;

class FastifyJwtGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ jwtVerify(): Promise<unknown> }>();
    await request.jwtVerify();
    return true;
  }
}

@Module({
  controllers: [ThingController],
  providers: [{ provide: APP_GUARD, useClass: FastifyJwtGuard }],
})
class FastifyJwtModule {}

await serve(FastifyJwtModule, (app) =>
  (app as unknown as NestFastifyApplication).register(fastifyJwt as never, {
    decode: { complete: true },
    secret: (_request: unknown, { header }: { header: { kid: string; alg: string } }) =>
      keys.getPublicKey({ kid: header.kid, alg: header.alg, domain }),
    verify: { algorithms: ['ES256'], allowedIss: issuerUrl, allowedAud: audience },
  }),
);
