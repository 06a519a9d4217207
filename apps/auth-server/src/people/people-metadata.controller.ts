import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { DirectRoute } from '@countersign/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PeopleMetadata } from './people-metadata.js';

/**
 * The metadata of people's issuer where RFC 8414 section 3.1 has it. Below an address with a path the
 * proxy in front has to hand it on, as that of this server.
 */
@Controller('.well-known')
export class PeopleMetadataController {
  constructor(@Inject(PeopleMetadata) private readonly metadata: PeopleMetadata) {}

  /** The document, or 304 for whoever has it already. */
  @Get('oauth-authorization-server/people')
  @Public({ reason: 'metadata: whoever wants to log somebody in has no token' })
  @DirectRoute()
  document(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.metadata.send(request, reply);
  }
}
