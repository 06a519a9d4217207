import { Module } from '@nestjs/common';
import { auth } from 'express-oauth2-jwt-bearer';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

@Module({ controllers: [ThingController] })
class BearerModule {}

const options = { issuer: issuerUrl, jwksUri: jwksUrl, audience, tokenSigningAlg: 'ES256' };
await serve(BearerModule, (app) => app.use(auth(options)));
