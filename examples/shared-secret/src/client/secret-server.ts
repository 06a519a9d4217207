import { createSecretKey } from 'node:crypto';

import { createSigner, selfIssuedTokens, type SelfIssuedTokens } from '@countersign/token';

import type { Settings } from '../settings.js';

const patience = 3_000;

/** The server as the client sees it: every call with a token of its own. */
export class SecretServer {
  private readonly url: string;
  private readonly tokens: SelfIssuedTokens;

  constructor({ serverUrl, clientUrl }: Settings, mySigningKey: Buffer) {
    this.url = serverUrl;
    const privateKey = createSecretKey(mySigningKey);
    const signer = createSigner({ algorithm: 'HS256', privateKey });
    this.tokens = selfIssuedTokens({ issuer: clientUrl, signer });
  }

  /** Asks for the message. Rejects when the server cannot be reached, refuses or answers nonsense. */
  async message(): Promise<string> {
    const response = await fetch(this.url, {
      headers: { Token: await this.tokens.token({ audience: this.url }) },
      // fetch takes an Authorization header away before it follows a redirect to somebody else; a
      // Token header it hands over.
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const { message } = (await response.json()) as { message?: unknown };
    if (typeof message !== 'string') throw new Error('the server answered no message');
    return message;
  }
}
