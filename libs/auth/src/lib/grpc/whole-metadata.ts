import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import type { Server } from '@grpc/grpc-js';

import { credentialFields } from '../context/credential-fields.js';

/** grpc-js tells of the servers it listens by nowhere else. */
interface Listening {
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

/**
 * The servers of HTTP/2 below a gRPC server that listens.
 * @throws TypeError where grpc-js keeps them elsewhere: without them nobody could tell one credential
 * from two.
 * @internal
 */
export function http2ServersOf(server: Server): readonly Http2Server[] {
  const servers = [...((server as unknown as Listening).http2Servers?.keys() ?? [])];
  if (servers.length === 0)
    throw new TypeError('this version of @grpc/grpc-js is not one that Countersign can guard');
  return servers;
}

/**
 * Keeps every value of a field that holds a credential: Node drops the second `authorization` of a
 * request silently, and joins others. Has to listen before grpc-js does, and gives it lists instead.
 * @internal
 */
export function keepWholeCredentials(server: Http2Server): void {
  const keep = (
    _stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: readonly string[],
  ): void => {
    for (const name of credentialFields) {
      const isValue = (_: string, at: number) => at % 2 === 1 && rawHeaders[at - 1] === name;
      const values = rawHeaders.filter(isValue);
      if (values.length > 1) headers[name] = values;
    }
  };
  // Node hands the fields over as they came, too; its types do not say so.
  server.prependListener('stream', keep as never);
}
