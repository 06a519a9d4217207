import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** The certificate (DER) with whose key the other side made this connection, if it did. @internal */
export function peerCertificate(socket: Socket): Uint8Array | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
}
