/** A call over a message transport. Must not know tokens, rules or how a refusal is answered. */
import type { HeaderFields, Principal } from '@countersign/token';

import { Call, type Route, type ServiceUrls } from './call.js';
import type { Lasting } from './lasting.js';
import { principalOf, setPrincipal } from './principal.js';
import type { ReceivedMessage } from './received-message.js';

const none: readonly string[] = Object.freeze([]);
const noParams: Readonly<Record<string, string>> = Object.freeze({});

/** A message of a server strategy of ours. @internal */
export class MessageCall extends Call {
  readonly #received: ReceivedMessage;

  constructor(
    received: ReceivedMessage,
    override readonly holder: object,
    override readonly data: unknown,
  ) {
    super();
    this.#received = received;
  }

  override get method(): string {
    return this.#received.message.method;
  }

  override get target(): string {
    return this.#received.message.target;
  }

  override get path(): string {
    return this.#received.message.pattern;
  }

  override get params(): Readonly<Record<string, string>> {
    return noParams;
  }

  override get headers(): HeaderFields {
    return this.#received.message.fields;
  }

  override get credentials(): HeaderFields {
    return this.#received.message.fields;
  }

  override get content(): Uint8Array | undefined {
    return this.#received.message.content;
  }

  override get proofs(): readonly string[] {
    return none;
  }

  override get certificate(): Uint8Array | undefined {
    return this.#received.message.certificate();
  }

  override get lasting(): Lasting | undefined {
    return this.#received.message.lasting;
  }

  /** Messages have no URL of their own: their targets stand below the audience. */
  override baseUrl({ audience }: ServiceUrls): string | undefined {
    return audience;
  }

  override admit(principal: Principal | undefined, route: Route): void {
    // An event may have several handlers, and each of them has a rule of its own.
    if (principalOf(this.holder) === undefined) setPrincipal(this.holder, principal);
    this.#received.admit(route);
  }

  override useUp(use: () => Promise<void>): Promise<void> {
    return (this.#received.used ??= use());
  }
}
