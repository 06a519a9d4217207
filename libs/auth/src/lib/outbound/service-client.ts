import type { OutboundSubject } from '@countersign/token';

import type { CallContexts } from './call-contexts.js';
import { HttpPeer } from './http-peer.js';
import { ServiceCalls } from './service-calls.js';
import type { ResolvedClient } from './service-client.options.js';

/**
 * Calls one other service. As whom has to be said with every call.
 *
 * @example
 * constructor(@InjectClient('census') private readonly census: ServiceClient) {}
 * const user = await this.census.asSubject().get('/user/42/', { parse: User.parse });
 * await this.census.asSelf().post('/audit', event);
 * @publicApi
 */
export class ServiceClient<Scope extends string = string> {
  readonly #client: ResolvedClient;
  readonly #contexts: CallContexts;
  readonly #peer: HttpPeer;

  /** @internal */
  constructor(client: ResolvedClient, contexts: CallContexts) {
    this.#client = client;
    this.#contexts = contexts;
    this.#peer = new HttpPeer(new URL(client.url).origin, client);
  }

  /**
   * Calls as the user of the request that is being handled: who that is, is settled here.
   *
   * @throws NoSubjectError outside of a request, and in one that acts for no user. The call is never
   * made as this service instead.
   * @throws TypeError where the options say `as: 'self'`.
   */
  asSubject(): ServiceCalls<Scope> {
    this.#refuseUndeclared('subject');
    const source = this.#client.asSubject;
    return this.#calls({ source, subject: this.#contexts.subject() });
  }

  /**
   * Calls as a user whom no request's token names, in one of two ways:
   * - by the user's URI: work that was put off, for whoever asked for it then. Right and identity are
   *   what this service remembers, so the source must be one that may speak for users: one that signs
   *   itself, or client credentials with `requestedSubject`. `tokenExchange` rejects.
   * - by the user's own token, which a session holds where somebody has logged in: what `tokenExchange`
   *   exchanges. Its `uri` must be the `sub` of that token, and `expiresAt` its end.
   * @param user Canonical URI of the user, or the user with their token.
   */
  asUser(user: string | OutboundSubject): ServiceCalls<Scope> {
    this.#refuseUndeclared('subject');
    const subject = typeof user === 'string' ? { uri: user } : user;
    return this.#calls({ source: this.#client.asSubject, subject });
  }

  /**
   * Calls as this service itself, whoever it is that the current request acts for.
   * @throws TypeError where the options say `as: 'subject'`.
   */
  asSelf(): ServiceCalls<Scope> {
    this.#refuseUndeclared('self');
    return this.#calls({ source: this.#client.asSelf, subject: undefined });
  }

  /** Waits for the calls under way, then closes the connections. @internal */
  close(): Promise<void> {
    return this.#peer.close();
  }

  /** What is declared is what reviewers and the access map see. */
  #refuseUndeclared(as: 'self' | 'subject'): void {
    const { name, as: declared } = this.#client;
    if (declared !== undefined && declared !== as)
      throw new TypeError(`clients.${name} is declared to be called as ${declared} only`);
  }

  #calls(
    as: Pick<ConstructorParameters<typeof ServiceCalls>[0], 'source' | 'subject'>,
  ): ServiceCalls<Scope> {
    const trace = this.#contexts.trace();
    return new ServiceCalls({ client: this.#client, peer: this.#peer, trace, ...as });
  }
}
