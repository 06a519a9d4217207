import type { ConnectionOptions } from 'node:tls';

import type { OnApplicationShutdown } from '@nestjs/common';
import { ClientTCP, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { checkOption, refuseUnknownOptions, type Carrier } from '@countersign/token';

import { messageTarget } from '../context/message-target.js';
import { clientSocket } from './message-socket.js';
import { CONTENT_TYPE, parseReceived } from './packet.js';
import { socketLimits, type SocketLimitOptions } from './socket-limits.js';

/**
 * A message that needs a token. It is what `selfIssuedTokens` signs a bound token for; a source of
 * tokens that are not bound looks at the audience only.
 * @publicApi
 */
export interface OutgoingMessage {
  /** The `aud` of the receiver. */
  readonly audience: string;
  /** The pattern as it is sent; of one that is an object, its JSON with sorted members. */
  readonly pattern: string;
  /** The data, exactly as it is sent. */
  readonly body: Uint8Array;
  /** `htm` (`REQUEST` or `EVENT`) and `htu` (the pattern below the audience) of the message. */
  readonly request: { readonly method: 'REQUEST' | 'EVENT'; readonly url: string };
}

/** Whom a client calls, and as whom. @publicApi */
export interface CountersignTcpClientOptions extends SocketLimitOptions {
  readonly port: number;
  /** `127.0.0.1` unless told. */
  readonly host?: string;
  readonly tlsOptions?: ConnectionOptions;
  /** URI of the receiver: `aud` of its tokens, and what `htu` begins with. */
  readonly audience: string;
  /** Asked for the token of each message. What it throws is the error of the call: nothing is sent. */
  readonly token: (message: OutgoingMessage) => string | Promise<string>;
  /** Where the receiver expects the token: `Bearer` unless told. */
  readonly carrier?: Exclude<Carrier, 'DPoP'>;
}

const known: Readonly<Record<keyof CountersignTcpClientOptions, true>> = {
  port: true,
  host: true,
  tlsOptions: true,
  audience: true,
  token: true,
  carrier: true,
  maxMessageLength: true,
  messageTimeout: true,
  maxUnsentBytes: true,
};

/**
 * Nest's TCP client with a token beside the data of every message, for a `CountersignTcpServer`.
 * A refusal is the error of the call: a `MessageRefusal` with its code and decision id. Of an event
 * nobody learns whether it was let in.
 *
 * @example
 * const census = new CountersignTcpClient({
 *   port: 4001,
 *   audience: 'https://census.example/',
 *   token: (message) => tokens.token({ ...message, scopes: ['users:read'] }),
 * });
 * @throws TypeError naming the option that is wrong.
 * @publicApi
 */
export class CountersignTcpClient extends ClientTCP implements OnApplicationShutdown {
  private readonly own: CountersignTcpClientOptions;

  constructor(options: CountersignTcpClientOptions) {
    refuseUnknownOptions(options, known);
    const { port, host = '127.0.0.1', tlsOptions, audience, token } = options;
    checkOption(URL.canParse(audience), 'audience', 'be an absolute URI');
    checkOption(typeof token === 'function', 'token', 'be a function that answers a token');
    super({
      port,
      host,
      // A receiver may answer whatever JSON holds: it is not the one who must prove something.
      socketClass: clientSocket(socketLimits(options), JSON.parse),
      ...(tlsOptions && { tlsOptions }),
    });
    this.own = options;
  }

  /** Closes the connection with the application that provides the client. */
  onApplicationShutdown(): void {
    this.close();
  }

  protected override publish(packet: ReadPacket, callback: (answer: WritePacket) => void) {
    let isCancelled = false;
    let cancel = () => {
      isCancelled = true;
    };
    this.seal('REQUEST', packet).then(
      (sealed) => {
        if (!isCancelled) cancel = super.publish(sealed, callback);
      },
      (err: unknown) => callback({ err }),
    );
    return () => cancel();
  }

  protected override async dispatchEvent<Result>(packet: ReadPacket): Promise<Result> {
    return super.dispatchEvent(await this.seal('EVENT', packet));
  }

  private async seal(method: 'REQUEST' | 'EVENT', packet: ReadPacket): Promise<ReadPacket> {
    const { audience, token, carrier = 'Bearer' } = this.own;
    const pattern = this.normalizePattern(packet.pattern);
    const text = JSON.stringify(packet.data);
    checkOption(typeof text === 'string', 'data', 'be a JSON value');
    // What the receiver does not read ends the connection, and all other calls on it.
    parseReceived(text);
    const url = audience.replace(/\/$/, '') + messageTarget(pattern);
    const body = Buffer.from(text);
    const jwt = await token({ audience, pattern, body, request: { method, url } });
    const field = carrier === 'Bearer' ? { authorization: `Bearer ${jwt}` } : { [carrier]: jwt };
    // Making the token took time, in which the connection may have been lost.
    await this.connect();
    return {
      pattern,
      data: text,
      metadata: { ...packet.metadata, 'content-type': CONTENT_TYPE, ...field },
    } as ReadPacket;
  }
}
