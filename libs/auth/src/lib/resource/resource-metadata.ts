/** Serves protected-resource metadata beside Nest's own routes. Must not know tokens. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { routesIn } from '../map/routes-of.js';
import { resourceDocument } from './resource-document.js';

/** What Express and Fastify have in common here. */
interface Router {
  get(path: string, handler: (request: unknown, response: unknown) => void): unknown;
}

/**
 * `GET /.well-known/oauth-protected-resource`, and with the path of the audience behind it where it has
 * one (RFC 9728 section 3.1): on the adapter itself, because global prefixes and versions do not move what
 * is well known. Open to everybody: it tells how to get a token.
 * @internal
 */
@Injectable()
export class ResourceMetadata implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onModuleInit(): void {
    const { resources } = this.options;
    const adapter = this.host.httpAdapter as Partial<HttpAdapterHost['httpAdapter']> | undefined;
    // An application for messages only has no server of HTTP.
    if (resources === undefined || typeof adapter?.getInstance?.()?.get !== 'function') return;
    for (const [path, name] of resources.paths) this.serve(path, name);
  }

  private serve(path: string, name: string): void {
    const adapter = this.host.httpAdapter;
    (adapter as unknown as Router).get(path, (_request, response) => {
      // Trust may have changed: what it says is made anew.
      const document = resourceDocument(name, this.options, routesIn(this.modules, this.config));
      adapter.setHeader(response, 'Content-Type', 'application/json');
      adapter.setHeader(response, 'Cache-Control', 'public, max-age=300');
      // Public, without credentials: clients in browsers read it, too.
      adapter.setHeader(response, 'Access-Control-Allow-Origin', '*');
      adapter.reply(response, JSON.stringify(document), 200);
    });
  }
}
