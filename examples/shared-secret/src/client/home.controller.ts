import { BadGatewayException, Controller, Get, Header, Inject } from '@nestjs/common';
import { Public } from '@countersign/auth';

import { SecretServer } from './secret-server.js';

/** The single endpoint of the client. */
@Controller()
export class HomeController {
  constructor(@Inject(SecretServer) private readonly server: SecretServer) {}

  /** Whoever may call this learns the message: here everybody on this machine. */
  @Get()
  @Header('cache-control', 'no-store')
  @Public({ reason: 'a demonstration that listens on this machine only' })
  async home(): Promise<{ message: string }> {
    try {
      return { message: await this.server.message() };
    } catch (cause) {
      // What the server said about our token is for our log, not for our caller.
      throw new BadGatewayException('The server did not tell its message', { cause });
    }
  }
}
