/**
 * One call to another service over gRPC: a token for it, and another one where the first is refused.
 * Must not know for whom it is made, or what its answer means.
 */
import { status, type CallOptions, type Metadata, type MethodDefinition } from '@grpc/grpc-js';
import {
  TimeoutError,
  catchError,
  defer,
  switchMap,
  throwError,
  timeout,
  type Observable,
} from 'rxjs';
import {
  checkOption,
  credentialHeaders,
  type OutboundSubject,
  type OutboundToken,
  type TokenSource,
} from '@countersign/token';

import { credentialFields } from '../context/credential-fields.js';
import type { CallName } from '../outbound/service-answer.js';
import type { TraceContext } from '../outbound/trace-context.js';
import { GrpcCallError, grpcCallError, isUnauthenticated } from './grpc-call-error.js';
import type { ResolvedGrpcClient } from './grpc-client.options.js';

/** A method as Nest's client makes it. @internal */
export type GrpcMethod = (
  message: unknown,
  metadata: Metadata,
  options?: CallOptions,
) => Observable<unknown>;

/** Everything that is settled before a call is made. @internal */
export interface PreparedGrpcCall {
  readonly client: ResolvedGrpcClient;
  readonly source: TokenSource;
  readonly subject: OutboundSubject | undefined;
  readonly trace: TraceContext;
  readonly definition: Pick<
    MethodDefinition<unknown, unknown>,
    'path' | 'requestStream' | 'responseStream' | 'requestSerialize'
  >;
  readonly method: GrpcMethod;
  /** Or an Observable of them. */
  readonly message: unknown;
  readonly metadata: Metadata;
}

/**
 * Makes a call when somebody subscribes. Where there is one request and one answer, and the peer does not
 * take the token, once more with a new one.
 * @internal
 */
export function makeGrpcCall(call: PreparedGrpcCall): Observable<unknown> {
  const { requestStream, responseStream, path } = call.definition;
  const name: CallName = { service: call.client.name, method: 'GRPC', path };
  const isUnary = !requestStream && !responseStream;
  return defer(() => {
    const options = isUnary ? { deadline: Date.now() + call.client.timeout } : {};
    return withToken(call, undefined, (token) =>
      send(call, token, options).pipe(
        catchError((error: unknown) =>
          isUnary && isUnauthenticated(error)
            ? renewed(call, token, options, error)
            : throwError(() => error),
        ),
      ),
    );
  }).pipe(catchError((error: unknown) => throwError(() => errorOf(error, name))));
}

function renewed(
  call: PreparedGrpcCall,
  { token: refused }: OutboundToken,
  options: CallOptions,
  error: unknown,
): Observable<unknown> {
  return withToken(call, refused, (token) =>
    // The source has no other: asking again with the same one would change nothing.
    token.token === refused ? throwError(() => error) : send(call, token, options),
  );
}

/** Who unsubscribes while a token is waited for, has nothing sent. */
function withToken(
  call: PreparedGrpcCall,
  refused: string | undefined,
  use: (token: OutboundToken) => Observable<unknown>,
): Observable<unknown> {
  return defer(() => tokenFor(call, refused)).pipe(
    timeout({ first: call.client.timeout }),
    switchMap(use),
  );
}

async function tokenFor(
  { client, source, subject, definition, message }: PreparedGrpcCall,
  refused: string | undefined,
): Promise<OutboundToken> {
  const { audience, scopes, bound } = client;
  const { path, requestStream, requestSerialize } = definition;
  checkOption(!bound || !requestStream, 'bound', 'be left out for requests that are streams');
  const url = audience.replace(/\/$/, '') + path;
  const binding = bound ? { method: 'GRPC', url, body: requestSerialize(message) } : undefined;
  const token = await source.token({ audience, scopes, subject, refused, binding });
  if (token.carrier === 'DPoP') throw new TypeError('DPoP proofs are for HTTP, not for gRPC');
  return token;
}

function send(call: PreparedGrpcCall, token: OutboundToken, options: CallOptions) {
  const { definition, method, message, trace } = call;
  const metadata = call.metadata.clone();
  for (const field of [...credentialFields, 'traceparent', 'tracestate'])
    checkOption(metadata.get(field).length === 0, 'metadata', `not hold ${field}`);
  const headers = credentialHeaders(token, { method: 'GRPC', url: definition.path });
  for (const [field, value] of Object.entries({ ...headers, ...trace }))
    metadata.set(field, String(value));
  return definition.requestStream ? method(message, metadata) : method(message, metadata, options);
}

function errorOf(error: unknown, name: CallName): unknown {
  return error instanceof TimeoutError
    ? new GrpcCallError(name, status.DEADLINE_EXCEEDED, 'no token in time', {}, error)
    : grpcCallError(error, name);
}
