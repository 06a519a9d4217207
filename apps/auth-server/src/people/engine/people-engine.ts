/**
 * The engine as the rest of this folder sees it: requests in, answers out. A change of keys makes a new
 * one; what it keeps is in the database, so that requests under way end with the one they began with.
 */
import type { EventEmitter } from 'node:events';

import { Logger } from '@nestjs/common';
import type { SigningKeys } from '@countersign/runtime';
import { isUnavailable } from '@countersign/storage';
import type { Provider } from 'oidc-provider';

import { findAccessTokens } from './engine-access-tokens.js';
import { engineMessages, type EngineAnswer, type EngineRequest } from './engine-exchange.js';
import { engineKeys } from './engine-keys.js';
import { engineSettings, type EngineParts } from './engine-settings.js';
import type { PeopleRecords } from './people-records.js';

interface Built {
  readonly version: object;
  readonly provider: Provider;
}

/** The login engine of this server. */
export class PeopleEngine {
  private readonly logger = new Logger('People');
  /** The path of the issuer, without a final slash. */
  readonly base: string;
  private built: Built | undefined;
  private readonly failures = new WeakMap<object, unknown>();

  constructor(
    readonly parts: EngineParts,
    private readonly keys: SigningKeys,
  ) {
    this.base = new URL(parts.issuer).pathname;
  }

  /** The engine with the keys of now. Throws SigningKeysUnavailable (503) when nobody knows them. */
  get provider(): Provider {
    const { document } = this.keys;
    if (this.built?.version !== document) this.built = this.build();
    return this.built.provider;
  }

  /** Has the engine answer a request. */
  async answer(request: EngineRequest): Promise<EngineAnswer> {
    const { provider } = this;
    const messages = engineMessages(request, this.base);
    await provider.callback()(messages.request, messages.response);
    const failure = this.failures.get(messages.request);
    return { ...messages.response.answer, ...(failure === undefined ? {} : { failure }) };
  }

  private fail(request: object, error: unknown): void {
    this.failures.set(request, error);
    // Whoever asks is told, and whoever runs the database knows it already.
    if (!isUnavailable(error)) this.logger.error(error);
  }

  private build(): Built {
    const { library, issuer, clients } = this.parts;
    const keys = engineKeys(library, this.keys);
    const provider = new library.Provider(issuer, engineSettings(this.parts, keys));
    speakAs(provider, new URL(issuer));
    // Authenticated by us before, and by this process alone.
    provider.Client.prototype.compareClientSecret = async (secret: string) =>
      clients.isAuthenticated(secret);
    provider.on('end_session.success', ({ oidc: { session, client } }) =>
      this.parts.onLogout({ subject: session?.accountId, client: client?.clientId }),
    );
    provider.on('server_error', (ctx, error) => this.fail(ctx.req, error));
    // What Koa itself could not answer; its own way is to print it.
    (provider as EventEmitter).on('error', (error: unknown) => this.logger.error(error));
    findAccessTokens(provider, this.parts);
    endSessions(provider, this.parts.records);
    return { version: keys.version, provider };
  }
}

/** A session that is left is over, also for the requests that came with it and are under way. */
function endSessions({ Session }: Provider, records: PeopleRecords): void {
  const prototype = Session.prototype as { uid: string; destroy(): Promise<void> };
  const { destroy } = prototype;
  prototype.destroy = async function (this: typeof prototype) {
    await records.endSession(this.uid);
    await destroy.call(this);
  };
}

/** Who we are, our configuration says: no header field of a request is asked for it. */
function speakAs(provider: Provider, { protocol, host }: URL): void {
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
  });
}
