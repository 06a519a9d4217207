import { cast, send, userUri, type Answer, type Fleet } from '@countersign/fleet';
import { createTestIssuer } from '@countersign/testing';
import { createSigner, selfIssuedTokens } from '@countersign/token';

/** A service that signs its own notifications, each for its content. */
export class SigningPeer {
  readonly issuer;
  readonly #tokens;

  constructor(name: string) {
    this.issuer = createTestIssuer({ kind: 'service-peer', name });
    const { kid, signingKey } = this.issuer.key;
    const signer = createSigner({ algorithm: 'ES256', kid, privateKey: signingKey });
    this.#tokens = selfIssuedTokens({ issuer: this.issuer.issuer, signer });
  }

  /** What Herald's PEERS_FILE says of it: it may send on behalf of these users. */
  entry(users: string): object {
    const { name, issuer, key } = this.issuer;
    return {
      kind: 'servicePeer',
      name,
      issuer,
      jwks: [key.jwk],
      carrier: 'JWT',
      mayAssert: ['notifications:send'],
      subjects: [users],
      bound: 'body',
      singleUse: true,
    };
  }

  /** A token for this content, on behalf of the sender unless told. */
  tokenFor(
    { urls }: Fleet,
    content: string,
    subject = userUri(urls, cast.sender),
  ): Promise<string> {
    return this.#tokens.token({
      audience: urls.herald,
      subject,
      scopes: ['notifications:send'],
      body: Buffer.from(content),
    });
  }
}

/** Posts a notification with a token that somebody signed for it. */
export const postSigned = (herald: string, jwt: string, content: string): Promise<Answer> =>
  send(new URL('notification/', herald).href, {
    method: 'POST',
    headers: { jwt, 'content-type': 'application/json' },
    content,
  });
