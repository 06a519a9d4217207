import {
  cachedDocument,
  sendDocument,
  type CachedDocument,
  type ClientCertificates,
} from '@countersign/runtime';
import { asymmetricAlgorithms, type Json } from '@countersign/token';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { authenticationAt } from '../metadata/server-metadata.js';
import type { PeopleEngine } from './engine/people-engine.js';

/** Seconds for which nobody needs to ask again. */
const maxAge = 300;

/** What the issuer of people's tokens does (OpenID Connect Discovery section 3). */
export class PeopleMetadata {
  private document: CachedDocument | undefined;

  constructor(
    private readonly engine: PeopleEngine,
    private readonly certificates: ClientCertificates,
  ) {}

  /** Sends the document, or 304 to whoever has it already. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    this.document ??= cachedDocument(await this.read());
    const known = request.headers['if-none-match'];
    const contentType = 'application/json';
    return sendDocument(reply, this.document, { known, maxAge, contentType }) ?? '';
  }

  /** The engine's own words, except for how clients authenticate: that is ours. */
  private async read(): Promise<Readonly<Record<string, Json>>> {
    const path = '/.well-known/openid-configuration';
    const headers = { accept: 'application/json' };
    const { body } = await this.engine.answer({ method: 'GET', path, headers });
    const { certificates } = this;
    const features = { certificates, assertionAlgorithms: asymmetricAlgorithms };
    return {
      ...(JSON.parse(body.toString()) as Record<string, Json>),
      ...authenticationAt('token_endpoint', features),
      ...authenticationAt('revocation_endpoint', features),
    };
  }
}
