import { randomBytes } from 'node:crypto';

import fastifyCookie from '@fastify/cookie';
import { fastifySession } from '@fastify/session';
import type { LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { securityHeaders } from './pages/security-headers.js';
import type { Parts } from './parts.js';
import { cookiesOf } from './session/cookies.js';
import { SessionStore } from './session/session-store.js';
import { WebAppModule } from './web-app.module.js';

/** Largest form that is read. */
const bodyLimit = 16 * 1024;

/** Makes the application; it does not listen yet. SIGTERM and SIGINT stop it. */
export async function createWebApp(
  parts: Parts,
  logger: LogLevel[] = ['log', 'warn', 'error', 'fatal'],
): Promise<NestFastifyApplication> {
  const { settings } = parts;
  const adapter = new FastifyAdapter({ bodyLimit, trustProxy: settings.trustedProxies });
  const app = await NestFactory.create<NestFastifyApplication>(
    WebAppModule.forRoot(parts),
    adapter,
    { abortOnError: false, logger },
  );
  adapter.getInstance().addHook('onSend', securityHeaders(settings));
  await withSessions(app, parts);
  app.enableShutdownHooks();
  return app;
}

async function withSessions(app: NestFastifyApplication, parts: Parts): Promise<void> {
  const { settings, clock } = parts;
  const { session, attributes } = cookiesOf(settings);
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    cookieName: session,
    cookie: { ...attributes, maxAge: settings.sessionIdle * 1000 },
    store: new SessionStore({ clock, idle: settings.sessionIdle }),
    // Signed with a key of this process: its sessions end with it, too.
    secret: randomBytes(32).toString('base64url'),
    saveUninitialized: false,
    rolling: true,
  });
}
