import { Controller, Get, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { authorizationServer, dpopAlgorithms, servicePeer } from '@countersign/token';
import * as oauth from 'oauth4webapi';

import {
  accessMapOf,
  anyOf,
  Access,
  Audience,
  CountersignModule,
  Public,
  Scopes,
  scopes,
  serviceOnly,
  allOf,
  type CountersignOptions,
} from '../src/index.js';
import { adapters } from './adapters.js';

@Controller('note')
@Audience('notes')
class NotesController {
  @Get(':id')
  @Scopes('notes:read')
  one() {
    return {};
  }

  @Get()
  @Access(anyOf(allOf(scopes('notes:list'), serviceOnly()), scopes('notes:read')))
  list() {
    return {};
  }

  @Get('open/door')
  @Public({ reason: 'open' })
  open() {
    return {};
  }

  @Get('admin/all')
  @Audience('admin')
  @Scopes('admin:read')
  admin() {
    return {};
  }
}

const trust = [
  authorizationServer('https://auth.example'),
  servicePeer('herald', {
    issuer: 'https://herald.example/',
    jwks: 'discover',
    carrier: 'JWT',
    mayAssert: ['notes:read'],
  }),
];
const base: CountersignOptions = {
  audiences: { notes: 'https://notes.example/', admin: 'https://notes.example/admin' },
  publicUrl: 'https://notes.example/',
  trust,
  resourceMetadata: { name: 'Notes', documentation: 'https://notes.example/openapi.json' },
};

function moduleOf(options: Partial<CountersignOptions>): Type {
  @Module({
    imports: [CountersignModule.forRoot({ service: 'notes', ...base, ...options })],
    controllers: [NotesController],
  })
  class AppModule {}
  return AppModule;
}

describe.each(adapters)('protected-resource metadata on %s', (_, makeAdapter) => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const start = async (options: Partial<CountersignOptions> = {}) => {
    const app = await NestFactory.create(moduleOf(options), makeAdapter() as never, {
      logger: false,
      abortOnError: false,
    });
    closing.push(() => app.close());
    app.setGlobalPrefix('api');
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    /** Asks this application for what a client would ask the host outside for. */
    const ask = (url: string | URL, init?: object) => {
      const { pathname, search } = new URL(url);
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, init);
    };
    return { app, ask };
  };

  it.each([
    ['https://notes.example/', ['notes:list', 'notes:read']],
    ['https://notes.example/admin', ['admin:read']],
  ])('is found by a client of another make for %s', async (resource, supported) => {
    const { ask } = await start();
    const url = new URL(resource);
    const response = await oauth.resourceDiscoveryRequest(url, {
      [oauth.customFetch]: (asked, init) =>
        ask(asked, { method: init.method, headers: init.headers }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await oauth.processResourceDiscoveryResponse(url, response)).toEqual({
      resource,
      resource_name: 'Notes',
      resource_documentation: 'https://notes.example/openapi.json',
      authorization_servers: ['https://auth.example'],
      scopes_supported: supported,
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: [...dpopAlgorithms],
    });
  });

  it.each([
    ['/api/note/1', 'https://notes.example/.well-known/oauth-protected-resource'],
    ['/api/note/admin/all', 'https://notes.example/.well-known/oauth-protected-resource/admin'],
  ])('is told of in the challenge of %s', async (path, url) => {
    const { ask } = await start();
    const response = await ask(`https://notes.example${path}`);
    expect(response.status).toBe(401);
    const challenge = response.headers.get('www-authenticate');
    expect(challenge).toMatch(
      new RegExp(
        `^Bearer realm="notes", resource_metadata="${url}", DPoP realm="notes", resource_metadata="${url}"`,
      ),
    );
  });

  it('lies at the root as well where a path is taken off on the way', async () => {
    const audiences = { notes: 'https://example.com/notes/', admin: 'https://example.com/admin' };
    const { ask, app } = await start({ audiences, publicUrl: 'https://example.com/notes/' });
    for (const path of ['', '/notes/']) {
      const found = await ask(`https://example.com/.well-known/oauth-protected-resource${path}`);
      expect(await found.json()).toMatchObject({ resource: 'https://example.com/notes/' });
    }
    const { routes } = await accessMapOf(app);
    const own = routes.filter(({ handler }) => handler === 'CountersignModule.resourceMetadata');
    expect(own.map(({ path, rule }) => `${path} ${rule.access}`)).toEqual([
      '/.well-known/oauth-protected-resource public',
      '/.well-known/oauth-protected-resource/admin public',
      '/.well-known/oauth-protected-resource/notes/ public',
    ]);
  });

  it('says what is so and no more: no DPoP where it is off, no bearer where nobody sends one', async () => {
    const { ask } = await start({ dpop: 'off', trust: trust.slice(1) });
    const found = await ask('https://notes.example/.well-known/oauth-protected-resource');
    const document: unknown = await found.json();
    expect(document).toMatchObject({ bearer_methods_supported: [] });
    expect(document).not.toHaveProperty('dpop_signing_alg_values_supported');
    expect(document).not.toHaveProperty('authorization_servers');
    expect(document).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
  });

  it('tells of client certificates where they reach the application', async () => {
    const { ask } = await start({ resourceMetadata: { clientCertificates: true } });
    const found = await ask('https://notes.example/.well-known/oauth-protected-resource');
    expect(await found.json()).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
  });

  it.each([undefined, 'off'] as const)('is not there where it is %s', async (resourceMetadata) => {
    const { ask } = await start({ resourceMetadata: resourceMetadata! });
    const found = await ask('https://notes.example/.well-known/oauth-protected-resource');
    expect(found.status).toBe(404);
    const refused = await ask('https://notes.example/api/note/1');
    expect(refused.headers.get('www-authenticate')).not.toContain('resource_metadata');
  });
});

describe('resourceMetadata', () => {
  it.each<[string, Partial<CountersignOptions>, RegExp]>([
    ['without publicUrl', { publicUrl: undefined! }, /publicUrl.*resourceMetadata/],
    [
      'with audiences elsewhere only',
      { audiences: { notes: 'https://other.example/', admin: 'urn:x' } },
      /audiences.*origin of publicUrl/,
    ],
    [
      'with a path that is a pattern',
      { audiences: { notes: 'https://notes.example/:x/', admin: 'https://notes.example/' } },
      /audiences\.notes/,
    ],
    [
      'with a documentation that is no URL',
      { resourceMetadata: { documentation: 'javascript:alert(1)' } },
      /resourceMetadata\.documentation/,
    ],
    ['with a misspelt member', { resourceMetadata: { nmae: 'x' } as object }, /nmae/],
  ])('refuses to start %s', async (_, options, message) => {
    const creating = NestFactory.createApplicationContext(moduleOf(options), {
      logger: false,
      abortOnError: false,
    });
    await expect(creating).rejects.toThrow(message);
  });

  it('needs no server of HTTP', async () => {
    const app = await NestFactory.createApplicationContext(moduleOf({}), {
      logger: false,
      abortOnError: false,
    });
    expect((await accessMapOf(app)).service).toBe('notes');
    await app.close();
  });
});
