import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';

import {
  Metadata,
  credentials,
  loadPackageDefinition,
  type ChannelCredentials,
  type Client,
  type GrpcObject,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { CountersignGrpcServer, type CountersignGrpcServerOptions } from '../src/grpc.js';
import { keepLines, type Lines } from './adapters.js';

interface Application {
  close(): Promise<void>;
}

type Start = (
  module: Type,
  strategy: CountersignGrpcServer,
  logger: LoggerService,
) => Promise<Application>;

const hybrid =
  (inheritAppConfig: boolean): Start =>
  async (module, strategy, logger) => {
    const app = await NestFactory.create(module, new FastifyAdapter(), {
      logger,
      abortOnError: false,
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig });
    await app.startAllMicroservices();
    return app;
  };

const microservice: Start = async (module, strategy, logger) => {
  const app = await NestFactory.createMicroservice(module, {
    strategy,
    logger,
    abortOnError: false,
  });
  await app.listen();
  return app;
};

/** The applications that can have a server of gRPC. */
export const shapes: readonly (readonly [string, Start])[] = [
  ['a microservice', microservice],
  ['a hybrid application', hybrid(false)],
  ['a hybrid application that inherits', hybrid(true)],
];

export const protoPath = join(import.meta.dirname, 'users.proto');

/** An application with a server of gRPC on a real socket. */
export interface GrpcService extends Lines {
  readonly app: Application;
  readonly port: number;
}

/** Starts a module with a server of gRPC on 127.0.0.1 and a free port. */
export async function serveGrpc(
  module: Type,
  start: Start = microservice,
  options: Partial<CountersignGrpcServerOptions> = {},
): Promise<GrpcService> {
  const { logger, lines } = keepLines();
  const strategy = new CountersignGrpcServer({
    url: '127.0.0.1:0',
    package: 'census',
    protoPath,
    ...options,
  });
  const app = await start(module, strategy, logger);
  return { app, port: strategy.port as number, ...lines };
}

type Call = (...args: unknown[]) => NodeJS.ReadWriteStream;

/** A client that knows nothing of tokens. */
export type PlainClient = Client & Readonly<Record<string, Call>>;

export function plainClient(
  port: number,
  secure: ChannelCredentials = credentials.createInsecure(),
): PlainClient {
  const { census } = loadPackageDefinition(loadSync(protoPath)) as { census: GrpcObject };
  const { Users } = census as unknown as {
    Users: new (address: string, credentials: ChannelCredentials) => PlainClient;
  };
  return new Users(`127.0.0.1:${port}`, secure);
}

/** What stands beside a request; several values of a name in a list. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

export function metadataOf(fields: Fields): Metadata {
  const metadata = new Metadata();
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) metadata.add(name, value);
  return metadata;
}

/** How a call ended: what it answered, or its status with what stands in the trailing metadata. */
export interface GrpcOutcome {
  readonly answers: readonly unknown[];
  readonly status?: number;
  readonly details?: string;
  readonly code?: string;
  readonly decision?: string;
  readonly retryAfter?: string;
}

const outcomeOf = (answers: readonly unknown[], error?: ServiceError | null): GrpcOutcome => {
  if (!error) return { answers };
  const [code, decision, retryAfter] = ['code', 'decision', 'retry-after'].map((name) =>
    error.metadata.get(`countersign-${name}`).join(),
  );
  return {
    answers,
    status: error.code,
    details: error.details,
    ...(code && { code }),
    ...(decision && { decision }),
    ...(retryAfter && { retryAfter }),
  };
};

/** Calls a method of any kind with these requests, and waits for its end. */
export function call(
  client: PlainClient,
  method: string,
  fields: Fields = {},
  requests: readonly unknown[] = [{ id: '42' }],
): Promise<GrpcOutcome> {
  const { requestStream, responseStream } = client[method] as unknown as {
    readonly requestStream: boolean;
    readonly responseStream: boolean;
  };
  return new Promise((resolve) => {
    const answers: unknown[] = [];
    const callback = (error: ServiceError | null, answer: unknown) =>
      resolve(outcomeOf(error ? [] : [answer], error));
    const stream = (client[method] as Call).call(
      client,
      ...(requestStream ? [] : [requests[0]]),
      metadataOf(fields),
      ...(responseStream ? [] : [callback]),
    );
    if (responseStream)
      stream
        .on('data', (answer: unknown) => answers.push(answer))
        .on('error', (error) => resolve(outcomeOf(answers, error as ServiceError)))
        .on('end', () => resolve(outcomeOf(answers)));
    if (!requestStream) return;
    for (const request of requests) stream.write(request as never);
    stream.end();
  });
}

/**
 * Sends an empty request message beside these fields, as bytes of HTTP/2 (RFC 9113, RFC 7541): clients
 * refuse to send a field twice that should be there once. Of the answer only its end counts.
 */
export async function sendFields(
  port: number,
  path: string,
  fields: readonly (readonly [string, string])[],
): Promise<void> {
  const all = [
    [':method', 'POST'],
    [':path', path],
    [':scheme', 'http'],
    [':authority', '127.0.0.1'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ...fields,
  ];
  const block = Buffer.concat(all.flat().map((text, at) => literal(text as string, at % 2 === 0)));
  const bytes = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, 4, 1, block),
    frame(0, 1, 1, Buffer.alloc(5)),
  ]);
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  // The answer begins with the settings of the server, and only then tells of the call.
  await once(socket, 'data');
  await once(socket, 'data');
  socket.destroy();
}

function frame(type: number, flags: number, stream: number, content: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(content.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** A literal field without indexing: its name follows a byte of its own, and nothing is compressed. */
function literal(text: string, isName: boolean): Buffer {
  const { length } = text;
  const rest: number[] = [];
  for (let left = length - 127; left >= 0; left = left < 128 ? -1 : Math.floor(left / 128))
    rest.push(left < 128 ? left : (left % 128) + 128);
  const prefix = length < 127 ? [length] : [127, ...rest];
  return Buffer.concat([Buffer.from(isName ? [0, ...prefix] : prefix), Buffer.from(text)]);
}
