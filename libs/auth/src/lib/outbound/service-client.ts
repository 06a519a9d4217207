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
export class ServiceClient {
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
   */
  asSubject(): ServiceCalls {
    const source = this.#client.asSubject;
    return this.#calls({ source, subject: this.#contexts.subject() });
  }

  /**
   * Calls as a user who is not there: work that was put off, for whoever asked for it then. Right and
   * identity are what this service remembers, so the source must be one that may speak for users:
   * one that signs itself, or client credentials with `requestedSubject`. `tokenExchange` rejects.
   * @param uri Canonical URI of the user.
   */
  asUser(uri: string): ServiceCalls {
    return this.#calls({ source: this.#client.asSubject, subject: { uri } });
  }

  /** Calls as this service itself, whoever it is that the current request acts for. */
  asSelf(): ServiceCalls {
    return this.#calls({ source: this.#client.asSelf, subject: undefined });
  }

  /** Waits for the calls under way, then closes the connections. @internal */
  close(): Promise<void> {
    return this.#peer.close();
  }

  #calls(
    as: Pick<ConstructorParameters<typeof ServiceCalls>[0], 'source' | 'subject'>,
  ): ServiceCalls {
    const trace = this.#contexts.trace();
    return new ServiceCalls({ client: this.#client, peer: this.#peer, trace, ...as });
  }
}
