import { Body, Controller, Inject, Post, Req, UseInterceptors, UsePipes } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { Clock } from '@countersign/token';
import { z } from 'zod';

import { clientDocument } from '../../registry/documents/documents.js';
import { addressOf } from '../../token/client-authentication/client-request.js';
import { networkOf } from '../../token/limits/network-of.js';
import { RateLimit } from '../../token/limits/rate-limit.js';
import { ADMIN_CLOCK } from '../admin.constants.js';
import { AdminInterceptor } from '../http/admin.interceptor.js';
import { AdminValidationPipe } from '../http/admin-validation.pipe.js';
import { Bootstrap } from './bootstrap.js';
import { BootstrapThrottled } from './bootstrap-problems.js';

const claim = z.strictObject({
  credential: z.string().min(1).max(256),
  client: clientDocument.shape.id,
});

/** Tries of one network in a minute: guessing is hopeless, but each one asks the database. */
const triesPerMinute = 10;
const networksRemembered = 1_000;

/** `/admin/bootstrap`: the way to the first administrator. */
@Controller('admin/bootstrap')
@UsePipes(AdminValidationPipe)
@UseInterceptors(AdminInterceptor)
export class BootstrapController {
  private readonly limit: RateLimit;

  constructor(
    @Inject(Bootstrap) private readonly bootstrap: Bootstrap,
    @Inject(ADMIN_CLOCK) clock: Clock,
  ) {
    this.limit = new RateLimit({
      perMinute: triesPerMinute,
      maxEntries: networksRemembered,
      clock,
    });
  }

  /** Makes the first administrator; the answer holds its secret, this once. */
  @Post()
  @Public({
    reason: 'the first administrator: there is no client yet, a one-time credential decides',
  })
  async claim(
    @Body({ schema: claim }) { credential, client }: z.output<typeof claim>,
    @Req() from: { readonly ip: string },
  ): Promise<object> {
    const wait = this.limit.take(networkOf(from.ip));
    if (wait > 0) throw new BootstrapThrottled(wait);
    const { secret, id } = await this.bootstrap.claim({
      credential,
      client,
      address: addressOf(from),
    });
    return { client, secret, secretId: id };
  }
}
