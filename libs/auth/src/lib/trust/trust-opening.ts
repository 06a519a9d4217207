/** Knows whom to trust before the application opens. Must not know requests or tokens. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { logRelaxed } from './log-trust.js';

/** Reads the sources of trust once, and has them followed. @internal */
@Injectable()
export class TrustOpening implements OnModuleInit {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /** @throws TypeError when a source that must be read cannot be: the application does not start. */
  async onModuleInit(): Promise<void> {
    const { trust } = this.options;
    logRelaxed(trust.issuers);
    await trust.open();
  }
}
