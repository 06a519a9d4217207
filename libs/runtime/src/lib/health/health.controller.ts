import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';

import { Readiness } from './readiness.js';

interface Response {
  code(status: number): unknown;
}

/** Liveness and readiness; open, because whoever asks holds no token. @internal */
@Controller('health')
export class HealthController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Answers as long as the process can. */
  @Get('live')
  @Header('cache-control', 'no-store')
  @Public({ reason: 'liveness probe: says nothing but that the process runs' })
  live(): object {
    return { status: 'up' };
  }

  /** 200 when requests should come, 503 when not. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  @Public({ reason: 'readiness probe: load balancers hold no token' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<object> {
    const { ready, checks } = await this.readiness.state();
    if (!ready) response.code(503);
    return { status: ready ? 'up' : 'down', checks };
  }
}
