import { checkOption, refuseUnknownOptions } from '../../check-option.js';
import { checkAuthentication } from '../../client/client-authentication.js';
import type { ClientAuthentication } from '../../client/client-authentication.js';
import { postAsClient } from '../../client/post-as-client.js';
import { isKeyUrl } from '../../keys/is-key-url.js';
import { parseStrictObject } from '../../strict-json.js';
import { toSeconds } from '../../to-seconds.js';
import type { Duration } from '../../to-seconds.js';
import type { JsonObject } from '../../types.js';
import { authorizationServer } from '../authorization-server.js';
import type { AuthorizationServerOptions } from '../authorization-server.js';
import { isSameEntry } from '../same-entry.js';
import type { TrustEntry } from '../trust-entry.js';
import type { TrustSource } from '../trust-source.js';
import { peersIn } from './peers-in.js';

/** How an authorization server is asked whom to trust. @publicApi */
export interface TrustFromServerOptions {
  /** As whom we ask: the server tells each service about its own callers. */
  readonly client: ClientAuthentication;
  /** Where it is asked; `<issuer>/oauth2/trust` unless told. */
  readonly endpoint?: string;
  /** How often: 15 s unless told. Who is taken away there is trusted for no longer than that. */
  readonly every?: Duration;
  /** How long its last answer is believed while it cannot be asked: 24 h unless told, at most 7 d. */
  readonly maxAge?: Duration;
  /** For one question; 3 s unless told. */
  readonly timeout?: Duration;
  /** How far the server itself is trusted; who its clients are, it tells. */
  readonly server?: Omit<AuthorizationServerOptions, 'callers'>;
  readonly fetch?: typeof fetch;
}

const known: Readonly<Record<keyof TrustFromServerOptions, true>> = {
  client: true,
  endpoint: true,
  every: true,
  maxAge: true,
  timeout: true,
  server: true,
  fetch: true,
};

const maxBytes = 1024 * 1024;

/**
 * Whom to trust, as our authorization server says: the server itself, with the names of its clients,
 * and the services that may call us with tokens they sign themselves, with their keys, scopes and
 * users.
 *
 * The server is asked with our own credentials, over https (http on loopback hosts), without
 * redirects. What it cannot say is not guessed: its last answer is believed for `maxAge`, then nobody
 * of it is trusted, and callers get 503. An answer that is not complete and correct changes nothing.
 * A service that has our name for the server is left out.
 *
 * Refuses with a TypeError that names the option what `authorizationServer` refuses, an endpoint that
 * is not https, no client, a `maxAge` over 7 days or shorter than `every`.
 *
 * @example
 * trustFromServer('https://auth.example', {
 *   client: clientSecretBasic('census', config.CENSUS_SECRET),
 *   server: { subjects: ['https://census.example/user/'] },
 * })
 * @publicApi
 */
export function trustFromServer(issuer: string, options: TrustFromServerOptions): TrustSource {
  refuseUnknownOptions(options, known);
  const { server = {} } = options;
  authorizationServer(issuer, server);
  const maxAge = toSeconds(options.maxAge ?? '24h', 'maxAge');
  checkOption(maxAge <= 604_800, 'maxAge', 'be at most 7d');
  const { endpoint, ask } = asker(issuer, options);
  let answer: readonly TrustEntry[] = [];

  return Object.freeze<TrustSource>({
    location: endpoint,
    every: toSeconds(options.every ?? '15s', 'every'),
    maxAge,
    isRequired: false,
    load: async () => {
      const document = await ask();
      if (document['issuer'] !== issuer) throw new Error(`${endpoint} names another issuer`);
      const { callers, peers } = peersIn(document);
      const itself = authorizationServer(issuer, { ...server, callers });
      // The server does not know what we call it; a service of that name must not cost all others.
      const others = peers.filter(({ name }) => name !== itself.name);
      const entries = [itself, ...others];
      if (isSameList(answer, entries)) return answer;
      answer = Object.freeze(entries);
      return answer;
    },
  });
}

interface Asker {
  readonly endpoint: string;
  /** The document of the server; rejects with an Error that shows no secret. */
  readonly ask: () => Promise<JsonObject>;
}

function asker(issuer: string, options: TrustFromServerOptions): Asker {
  const { client, endpoint = `${issuer.replace(/\/$/, '')}/oauth2/trust` } = options;
  checkOption(isKeyUrl(endpoint), 'endpoint', 'be an https URL, or http on a loopback host');
  checkAuthentication(client);
  const timeout = toSeconds(options.timeout ?? '3s', 'timeout') * 1000;
  const bounds = {
    ask: options.fetch ?? fetch,
    timeout,
    maxBytes,
    reads: (status: number) => status === 200,
  };
  const ask = async (): Promise<JsonObject> => {
    const { status, body } = await postAsClient(endpoint, { issuer, client }, {}, bounds);
    if (status !== 200) throw new Error(`${endpoint} answered ${status}`);
    return parseStrictObject(body);
  };
  return { endpoint, ask };
}

function isSameList(one: readonly TrustEntry[], other: readonly TrustEntry[]): boolean {
  return (
    one.length === other.length &&
    one.every((entry, index) => isSameEntry(entry, other[index] as TrustEntry))
  );
}
