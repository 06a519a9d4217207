import type { Presented, SenderEvidence } from '@countersign/token';

import type { Call } from './call.js';

/**
 * What the sender of a call proves itself with: read only for a token that is bound to it.
 * @internal
 */
export class Sender implements SenderEvidence {
  constructor(
    readonly presented: Presented,
    private readonly call: Call,
    private readonly publicUrl: string | undefined,
  ) {}

  get method(): string {
    return this.call.method;
  }

  url(): string | undefined {
    return this.publicUrl && this.publicUrl.replace(/\/$/, '') + this.call.target;
  }

  proofs(): readonly string[] {
    return this.call.proofs;
  }

  certificate(): Uint8Array | undefined {
    return this.call.certificate;
  }
}
