/** Follows revocations for as long as the application runs. Must not know requests or tokens. */
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';

/** Starts with the application, says what silence of a feed will mean, and ends with it. @internal */
@Injectable()
export class RevocationFollowing implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Countersign');

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  onApplicationBootstrap(): void {
    const { trust } = this.options;
    const followed = trust.revocations();
    for (const { name, kind, revocation } of trust.issuers) {
      const settings = followed[name];
      // An issuer that is asked in memory has no feed that could grow stale.
      const isAsked = revocation !== undefined && settings === undefined;
      if (kind !== 'authorization-server' || isAsked) continue;
      this.logger.log({
        event: 'revocation.policy',
        issuer: name,
        ...(settings === undefined
          ? { follow: 'off: revoked tokens live until they expire' }
          : {
              follow: settings.isExplicit ? 'always' : 'if the metadata names a feed',
              maxStale: settings.maxStale,
              onStale: settings.onStale,
            }),
      });
    }
    trust.follow();
  }

  /** After the last request: none must meet a set that nobody keeps up to date. */
  async onApplicationShutdown(): Promise<void> {
    await this.options.trust.close();
  }
}
