import type { Socket } from 'node:net';
import type { Server } from 'node:tls';

/**
 * Watches the connections of a server. Returns what ends those that are open now, some milliseconds
 * later: what is in flight on them has that long.
 * @internal
 */
export function watchConnections(server: Server): (after: number) => void {
  const open = new Set<Socket>();
  // From the first byte on: a handshake that is under way goes on as it began.
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return (after) => {
    const known = [...open];
    setTimeout(() => known.forEach((socket) => socket.destroy()), after).unref();
  };
}
