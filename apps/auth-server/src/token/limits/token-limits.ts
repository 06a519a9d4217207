import { TooManyRequests } from './too-many-requests.js';
import { RateLimit, type RateLimitOptions } from './rate-limit.js';

/** Each in a minute; 0 switches that limit off. */
export interface LimitSettings {
  /** Requests of one address, whatever they hold. */
  readonly perAddress: number;
  /** Requests of one client that has authenticated. */
  readonly perClient: number;
  /** Wrong credentials for one client from one address. */
  readonly failuresPerClient: number;
  /** Wrong credentials from one address, for whichever client. */
  readonly failuresPerAddress: number;
}

/** Addresses, clients or pairs that each limit remembers; some 10 MB if every one is in use. */
const maxEntries = 50_000;

/** Client ids have 128 characters at most: whatever is longer is nobody, and one key for all. */
const longestId = 128;

/**
 * What one address or client may ask of this server, so that nobody's flood or guessing becomes
 * everybody's outage. A client is never refused for what others do in its name: failures count by
 * client *and* address, and requests of a client only after it has authenticated. Too many failures
 * of an address make its further failures cheap, and leave whoever is right there alone.
 */
export class TokenLimits {
  private readonly requests: RateLimit;
  private readonly clients: RateLimit;
  private readonly pairs: RateLimit;
  private readonly failures: RateLimit;
  private readonly notices: RateLimit;

  constructor(settings: LimitSettings, clock: RateLimitOptions['clock']) {
    const limit = (perMinute: number) => new RateLimit({ perMinute, maxEntries, clock });
    this.requests = limit(settings.perAddress);
    this.clients = limit(settings.perClient);
    this.pairs = limit(settings.failuresPerClient);
    this.failures = limit(settings.failuresPerAddress);
    this.notices = limit(1);
  }

  /** Counts a request of this network; throws TooManyRequests. */
  admit(network: string): void {
    const wait = this.requests.take(network);
    if (wait > 0) throw this.refusal('too many requests of this address', network, wait);
  }

  /** Counts a request of an authenticated client; throws TooManyRequests. */
  admitClient(client: string): void {
    const wait = this.clients.take(client);
    if (wait > 0) throw this.refusal('too many requests of this client', client, wait, client);
  }

  /** Throws TooManyRequests where this network has been wrong about this client too often. */
  mayTry(network: string, client: string | undefined): void {
    const wait = this.pairs.wait(pairOf(network, client));
    if (wait > 0) throw this.refusal('too many failures for this client', network, wait);
  }

  /**
   * Throws TooManyRequests where this network has been wrong too often: instead of any further work
   * on credentials that do not hold.
   */
  mayFail(network: string): void {
    const wait = this.failures.wait(network);
    if (wait > 0) throw this.refusal('too many failures of this address', network, wait);
  }

  /**
   * Counts wrong credentials. Throws TooManyRequests where this network has been wrong too often: no
   * flood of refusals becomes one of rows in the audit log.
   */
  failed(network: string, client: string | undefined): void {
    this.pairs.take(pairOf(network, client));
    const wait = this.failures.take(network);
    if (wait > 0) throw this.refusal('too many failures of this address', network, wait);
  }

  /** Reads what nobody has vouched for yet; whatever it throws counts like wrong credentials. */
  counted<T>(network: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.failed(network, undefined);
      throw error;
    }
  }

  /** One refusal per minute and sender is worth writing down: a flood must not become one of rows. */
  private refusal(reason: string, sender: string, wait: number, client?: string): TooManyRequests {
    const isNotable = this.notices.take(`${reason} ${sender}`) === 0;
    return new TooManyRequests({ reason, retryAfter: wait, isNotable, client });
  }
}

function pairOf(network: string, client = ''): string {
  return client.length > longestId ? `${network} …` : `${network} ${client}`;
}
