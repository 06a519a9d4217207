import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { All, Controller, Get, Injectable, Module, Put } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  authorizationServer,
  clientCredentials,
  clientSecretBasic,
  memoryReplay,
  ruleInWords,
  selfIssued,
  servicePeer,
  sharedSecret,
  tokenExchange,
  type AccessMapDocument,
  type ReplayStore,
  type Signer,
} from '@countersign/token';

import {
  accessMapOf,
  Audience,
  Callers,
  CountersignClientsModule,
  CountersignModule,
  Public,
  routesOf,
  Scopes,
  writeAccessMap,
  type AccessMapOptions,
} from '../src/index.js';

const secret = randomBytes(32);
const clientSecret = 'client-secret-that-must-not-be-told';

@Controller({ path: 'note', version: '1' })
@Audience('notes')
class NotesController {
  @Get(':id')
  @Scopes('notes:read')
  one() {
    return {};
  }

  @All('any')
  @Public({ reason: 'answers everything' })
  any() {
    return {};
  }

  @Put(':id')
  @MessagePattern({ cmd: 'replace' })
  @Scopes('notes:write')
  @Callers('herald')
  replace() {
    return {};
  }

  @EventPattern('noted')
  @Callers('herald')
  noted(data: unknown) {
    return data;
  }
}

/** A connection that nobody may open while a map is made. */
@Injectable()
class Connection {
  static opened = 0;
  readonly replay: ReplayStore;

  constructor() {
    Connection.opened += 1;
    this.replay = memoryReplay();
  }
}

@Module({ providers: [Connection], exports: [Connection] })
class ConnectionModule {}

const server = {
  issuer: 'https://auth.example',
  client: clientSecretBasic('notes', clientSecret),
};

/** Of one that asks its connection something while the options are made, or only keeps it. */
const notes = (asks: 'now' | 'later') => {
  @Module({
    imports: [
      CountersignModule.forRootAsync({
        service: 'notes',
        imports: [ConnectionModule],
        inject: [Connection],
        useFactory: (connection: Connection) => ({
          audiences: { notes: 'https://notes.example/' },
          publicUrl: 'https://notes.example/',
          replay:
            asks === 'now'
              ? connection.replay
              : { use: (...used) => connection.replay.use(...used) },
          trust: [
            authorizationServer('https://auth.example', { callers: { 'web-1': 'web' } }),
            servicePeer('herald', {
              issuer: 'https://herald.example/',
              jwks: 'discover',
              carrier: 'JWT',
              mayAssert: ['notes:write'],
              subjects: ['https://census.example/user/'],
              bound: 'body',
              singleUse: true,
            }),
            sharedSecret('legacy', {
              issuer: 'https://legacy.example/',
              secret,
              carrier: 'Token',
              algorithms: ['HS256'],
            }),
          ],
        }),
      }),
      CountersignClientsModule.forRoot({
        clients: {
          herald: {
            url: 'https://herald.example/',
            scopes: ['notifications:send'],
            as: 'subject',
            source: tokenExchange(server),
          },
          census: {
            url: 'https://census.example/',
            bound: true,
            source: {
              asSelf: clientCredentials(server),
              asSubject: selfIssued({
                issuer: 'https://notes.example/',
                signer: (): Signer => {
                  throw new Error('a map signs nothing');
                },
              }),
            },
          },
        },
      }),
    ],
    controllers: [NotesController],
  })
  class AppModule {}
  return AppModule;
};

const preview = async (module: object, options?: AccessMapOptions): Promise<AccessMapDocument> => {
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  app.setGlobalPrefix('api');
  app.enableVersioning();
  return accessMapOf(app, options);
};

describe('accessMapOf', () => {
  beforeEach(() => {
    Connection.opened = 0;
  });

  it('tells routes, trust and calls of an application that is only previewed', async () => {
    const map = await preview(notes('later'));
    expect(Connection.opened).toBe(0);
    const routes = map.routes.map(({ transport, method, path, rule }) =>
      [transport, method, path, ruleInWords(rule)].join(' '),
    );
    expect(routes).toEqual([
      'http GET /api/v1/note/:id notes: notes:read',
      'http PUT /api/v1/note/:id notes: called by herald and notes:write',
      'http ALL /api/v1/note/any everybody: answers everything',
      'message EVENT noted notes: called by herald',
      'message REQUEST {"cmd":"replace"} notes: called by herald and notes:write',
    ]);
    expect(map).toMatchObject({
      version: 1,
      service: 'notes',
      publicUrl: 'https://notes.example/',
    });
    expect(map.audiences).toEqual({ notes: 'https://notes.example/' });
    expect(map.trust).toMatchObject([
      { name: 'auth-server', mayAssert: 'any', subjects: [], callers: { 'web-1': 'web' } },
      {
        name: 'herald',
        carrier: 'JWT',
        mayAssert: ['notes:write'],
        bound: 'body',
        singleUse: true,
      },
      { name: 'legacy', carrier: 'Token', algorithms: ['HS256'] },
    ]);
  });

  it('tells whom it calls, as whom, and where the tokens come from', async () => {
    const { calls } = await preview(notes('later'));
    const exchange = { grant: 'token-exchange', client: 'notes', forUsers: true };
    expect(calls).toEqual([
      {
        target: 'census',
        audience: 'https://census.example/',
        url: 'https://census.example/',
        scopes: [],
        bound: true,
        asSelf: [
          {
            grant: 'client_credentials',
            issuer: 'https://auth.example',
            client: 'notes',
            forUsers: false,
          },
        ],
        asSubject: [{ grant: 'self-issued', issuer: 'https://notes.example/', carrier: 'Bearer' }],
      },
      {
        target: 'herald',
        audience: 'https://herald.example/',
        url: 'https://herald.example/',
        scopes: ['notifications:send'],
        bound: false,
        asSubject: [{ ...exchange, issuer: 'https://auth.example' }],
      },
    ]);
  });

  it('tells no secret and no key', async () => {
    const text = JSON.stringify(await preview(notes('later')));
    for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const)
      expect(text).not.toContain(secret.toString(form).slice(0, 20));
    expect(text).not.toContain(clientSecret);
    expect(text).not.toMatch(/"(?:k|d|x|n|secret|keys|jwks|store|fetch)":/);
  });

  it('names the provider that a preview lacks, and takes a stand-in for it', async () => {
    await expect(preview(notes('now'))).rejects.toThrow(
      /^Connection is not made in a preview, but its replay is asked for: .* stand-in/,
    );
    const standIns = [[Connection, { replay: memoryReplay() }]] as const;
    expect((await preview(notes('now'), { standIns })).service).toBe('notes');
    expect(Connection.opened).toBe(0);
  });

  it('says the same of an application that runs', async () => {
    const app = await NestFactory.create(notes('now'), new FastifyAdapter(), {
      logger: false,
      rawBody: true,
      abortOnError: false,
    });
    app.setGlobalPrefix('api');
    app.enableVersioning();
    await app.init();
    expect(await accessMapOf(app)).toEqual(await preview(notes('later')));
    await app.close();
  });

  it('refuses an application without CountersignModule', async () => {
    @Module({})
    class Bare {}
    await expect(preview(Bare)).rejects.toThrow('does not import CountersignModule');
  });
});

describe('routesOf', () => {
  it('tells methods of gRPC, and gateways with their messages', async () => {
    @Controller()
    @Audience('notes')
    class RpcController {
      @GrpcMethod('Notes', 'Get')
      @Scopes('notes:read')
      get(data: unknown) {
        return data;
      }
    }

    @WebSocketGateway({ path: '/live' })
    @Audience('notes')
    @Scopes('notes:read')
    class LiveGateway {
      @SubscribeMessage('change')
      @Scopes('notes:write')
      change() {
        return {};
      }
    }

    @Module({ controllers: [RpcController], providers: [LiveGateway] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), {
      preview: true,
      logger: false,
    });
    const routes = routesOf(app).map(({ transport, method, path, handler, rule }) =>
      [transport, method, path, handler, ruleInWords(rule)].join(' '),
    );
    expect(routes).toEqual([
      'message REQUEST Notes/Get RpcController.get notes: notes:read',
      'websocket CONNECT /live LiveGateway notes: notes:read',
      'websocket MESSAGE change LiveGateway.change notes: notes:read and notes:write',
    ]);
  });
});

describe('writeAccessMap', () => {
  it('leaves one whole file behind, in a directory that it makes', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'access-map-'));
    const map = await preview(notes('later'));
    await writeAccessMap(map, join(directory, 'maps/notes.json'));
    expect(await readdir(join(directory, 'maps'))).toEqual(['notes.json']);
    expect(JSON.parse(await readFile(join(directory, 'maps/notes.json'), 'utf8'))).toEqual(map);
    await rm(directory, { recursive: true });
  });
});
