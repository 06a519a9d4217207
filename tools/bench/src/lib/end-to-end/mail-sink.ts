import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A relay that takes every mail at once and keeps none. */
export interface MailSink {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it: cheaper than any relay, so that what is measured is Herald. */
export async function startMailSink(): Promise<MailSink> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
    converse(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function converse(socket: Socket): void {
  let isMail = false;
  socket.write('220 sink ESMTP\r\n');
  createInterface({ input: socket }).on('line', (line) => {
    if (isMail && line !== '.') return;
    const begins = !isMail && line === 'DATA';
    isMail = begins;
    socket.write(begins ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
  });
}
