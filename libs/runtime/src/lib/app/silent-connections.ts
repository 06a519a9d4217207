import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Watches a server for connections on which nothing was ever said: load balancers and browsers open
 * some in advance. Node takes them for busy ones when the server closes, and would wait. Returns what
 * cuts those that are silent still.
 * @internal
 */
export function watchSilentConnections(server: Server): () => void {
  const open = new Set<Socket>();
  const watch = (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  server.on('connection', watch);
  // Of TLS, the other socket counts what was said; that one counts the handshake, too.
  server.on('secureConnection', watch);
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
