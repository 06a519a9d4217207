import { BadGatewayException, Controller, Get, Header } from '@nestjs/common';
import { InjectClient, Public, ServiceClient } from '@countersign/auth';

/** The single endpoint of the client. */
@Controller()
export class HomeController {
  constructor(@InjectClient('server') private readonly server: ServiceClient) {}

  /** Whoever may call this learns the message: here everybody on this machine. */
  @Get()
  @Header('cache-control', 'no-store')
  @Public({ reason: 'a demonstration that listens on this machine only' })
  async home(): Promise<{ message: string }> {
    try {
      return await this.server.asSelf().get('/', { parse: messageIn });
    } catch (cause) {
      // What the server said about our token is for our log, not for our caller.
      throw new BadGatewayException('The server did not tell its message', { cause });
    }
  }
}

function messageIn(answer: unknown): { message: string } {
  const { message } = answer as { message?: unknown };
  if (typeof message !== 'string') throw new TypeError('the server answered no message');
  return { message };
}
