/** Has every header field handed on. Must not know routes or requests. */
import type { Server } from 'node:http';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/**
 * Node drops the header fields after the first thousand, and tells nobody: among them could be a second
 * credential, or a content coding. Their size is bounded anyway (`maxHeaderSize`), so their number need
 * not be; what the application says itself stays.
 * @internal
 */
@Injectable()
export class WholeHeaders implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** A microservice has no adapter. */
  onModuleInit(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    const server = adapter?.getHttpServer() as Partial<Server> | undefined;
    if (server) server.maxHeadersCount ??= 0;
  }
}
