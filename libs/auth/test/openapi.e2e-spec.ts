import {
  All,
  Controller,
  Get,
  Module,
  Param,
  Post,
  Put,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { authorizationServer, servicePeer, type TrustEntry } from '@countersign/token';

import {
  AnyScope,
  Audience,
  CountersignModule,
  OptionalAuth,
  Public,
  Scopes,
  SenderConstrained,
  type CountersignOptions,
} from '../src/index.js';
import { describeAccess, type DescribeAccessOptions } from '../src/openapi.js';
import { adapters } from './adapters.js';

@Controller({ path: 'note', version: '1' })
@Audience('notes')
class NotesController {
  @Get(':id')
  @Scopes('notes:read')
  one(@Param('id') id: string) {
    return { id };
  }

  @Get()
  @AnyScope('notes:read', 'notes:admin')
  list() {
    return [];
  }

  @Put(':id')
  @Scopes('notes:admin')
  @SenderConstrained()
  replace(@Param('id') id: string) {
    return { id };
  }

  @Post()
  @OptionalAuth()
  add() {
    return {};
  }

  @All('health')
  @Public({ reason: 'probe' })
  health() {
    return {};
  }
}

const peer: TrustEntry = servicePeer('herald', {
  issuer: 'https://herald.example/',
  jwks: 'discover',
  carrier: 'JWT',
  mayAssert: ['notes:read'],
});

type Operation = { security?: Record<string, string[]>[]; responses: Record<string, unknown> };

describe.each(adapters)('describeAccess on %s', (_, makeAdapter) => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  const describeIt = async (
    options: Partial<CountersignOptions> = {},
    described?: DescribeAccessOptions,
  ): Promise<OpenAPIObject> => {
    @Module({
      imports: [
        CountersignModule.forRoot({
          service: 'notes',
          audiences: { notes: 'https://notes.example/' },
          publicUrl: 'https://notes.example/',
          trust: [authorizationServer('https://auth.example'), peer],
          ...options,
        }),
      ],
      controllers: [NotesController],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, makeAdapter() as never, {
      logger: false,
      abortOnError: false,
    });
    app.setGlobalPrefix('api');
    app.enableVersioning();
    await app.init();
    const plain = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const before = JSON.stringify(plain);
    const document = describeAccess(plain, app, described);
    expect(JSON.stringify(plain)).toBe(before);
    expect(problemsOf(document)).toEqual([]);
    return document;
  };
  const securityOf = (document: OpenAPIObject, method: string, path: string) =>
    ((document.paths as Record<string, Record<string, Operation>>)[path]?.[method] as Operation)
      .security;

  it('says under which scheme which scopes are needed', async () => {
    const document = await describeIt();
    expect(securityOf(document, 'get', '/api/v1/note/{id}')).toEqual([
      { 'auth-server': ['notes:read'] },
      { 'auth-server-dpop': ['notes:read'] },
      { herald: ['notes:read'] },
    ]);
    expect(securityOf(document, 'get', '/api/v1/note')).toEqual([
      { 'auth-server': ['notes:read'] },
      { 'auth-server': ['notes:admin'] },
      { 'auth-server-dpop': ['notes:read'] },
      { 'auth-server-dpop': ['notes:admin'] },
      { herald: ['notes:read'] },
    ]);
    expect(document.components?.securitySchemes).toMatchObject({
      'auth-server': { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      'auth-server-dpop': { type: 'http', scheme: 'dpop' },
      herald: { type: 'apiKey', in: 'header', name: 'JWT' },
    });
  });

  it('says which routes are public, and which let in calls without credentials', async () => {
    const document = await describeIt();
    expect(securityOf(document, 'get', '/api/v1/note/health')).toEqual([]);
    expect(securityOf(document, 'post', '/api/v1/note/health')).toEqual([]);
    expect(securityOf(document, 'post', '/api/v1/note')?.at(-1)).toEqual({});
  });

  it('says which tokens have to be bound to their sender, and how that is proven', async () => {
    const document = await describeIt({ resourceMetadata: { clientCertificates: true } });
    expect(securityOf(document, 'put', '/api/v1/note/{id}')).toEqual([
      { 'auth-server-dpop': ['notes:admin'] },
      { 'auth-server': ['notes:admin'], clientCertificate: [] },
    ]);
    expect(document.components?.securitySchemes?.['clientCertificate']).toMatchObject({
      type: 'mutualTLS',
    });
  });

  it('tells the refusals of guarded routes as problems, of public ones none', async () => {
    const document = await describeIt();
    const of = (method: string, path: string) =>
      Object.keys((document.paths as never)[path][method]['responses']);
    expect(of('get', '/api/v1/note/{id}')).toEqual(['200', '401', '403', '503']);
    expect(of('get', '/api/v1/note/health')).toEqual(['200']);
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(document)).toContain('"application/problem+json"');
  });

  it('tells of a server as OAuth 2.0 where its token endpoint is said', async () => {
    const tokenUrl = 'https://auth.example/oauth2/token';
    const server = { tokenUrl, scopes: { 'notes:read': 'read notes' }, description: 'Ours' };
    const document = await describeIt({}, { servers: { 'auth-server': server } });
    expect(document.components?.securitySchemes?.['auth-server']).toEqual({
      type: 'oauth2',
      description: 'Ours',
      flows: { clientCredentials: { tokenUrl, scopes: { 'notes:read': 'read notes' } } },
    });
  });

  it('refuses words for nobody, and operations that are no routes', async () => {
    await expect(describeIt({}, { servers: { nobody: {} } })).rejects.toThrow('servers.nobody');
    const document = await describeIt();
    const paths = { '/elsewhere': { get: { responses: {} } } } as never;
    expect(() => describeAccess({ ...document, paths }, app!)).toThrow(
      /GET \/elsewhere .* no route/,
    );
  });
});

/** What OpenAPI 3.1 asks of security: schemes that are defined, each in the form of its type. */
function problemsOf({ paths, components }: OpenAPIObject): string[] {
  const schemes = components?.securitySchemes as unknown as Record<string, Record<string, unknown>>;
  const required: Record<string, string[]> = {
    apiKey: ['name', 'in'],
    http: ['scheme'],
    mutualTLS: [],
    oauth2: ['flows'],
    openIdConnect: ['openIdConnectUrl'],
  };
  const incomplete = Object.entries(schemes).flatMap(([name, scheme]) =>
    /^[A-Za-z0-9._-]+$/.test(name)
      ? (required[String(scheme['type'])] ?? ['a type that exists'])
          .filter((member) => scheme[member] === undefined)
          .map((member) => `${name} lacks ${member}`)
      : [`${name} is no component name`],
  );
  const operations = Object.values(paths as Record<string, Record<string, Operation>>).flatMap(
    (item) => Object.values(item),
  );
  const undefinedOnes = operations.flatMap(({ security }) =>
    security === undefined
      ? ['an operation says nothing of security']
      : security.flatMap(Object.keys).filter((name) => !(name in schemes)),
  );
  return [...incomplete, ...undefinedOnes];
}
