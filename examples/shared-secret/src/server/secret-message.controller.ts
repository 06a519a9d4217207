import { Controller, Get, Header } from '@nestjs/common';

import { isAuthorized } from './is-authorized.decorator.js';

/** The solitary endpoint of the server. */
@Controller()
export class SecretMessageController {
  // Shared caches leave alone what was asked with an Authorization header (RFC 9111 section 3.5);
  // of a Token header they know nothing.
  @Get()
  @Header('cache-control', 'no-store')
  @isAuthorized()
  message(): { message: string } {
    return { message: 'The heron lands at midnight.' };
  }
}
