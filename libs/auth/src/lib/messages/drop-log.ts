import { Logger } from '@nestjs/common';

import { isPowerOfTwo } from '../is-power-of-two.js';

/** Why something that came over a connection went nowhere. @internal */
export type DropReason =
  'unreadable' | 'unknown-event' | 'connection-failed' | 'connection-refused' | 'origin-forbidden';

/**
 * Counts what is dropped, and logs less and less of it; nothing in a line is the sender's text.
 * @internal
 */
export class DropLog {
  private readonly logger = new Logger('Countersign');
  private readonly counts = new Map<DropReason, number>();

  drop(reason: DropReason, code?: string): void {
    const count = (this.counts.get(reason) ?? 0) + 1;
    this.counts.set(reason, count);
    if (isPowerOfTwo(count)) this.logger.warn({ event: 'message.dropped', reason, count, code });
  }
}
