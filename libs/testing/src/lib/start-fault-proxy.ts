import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What happens to connections. `pass`: nothing; `hang`: they are taken, and nothing comes of them;
 * `reset`: they are reset as soon as they are used; `stale`: only those are that were open before, as
 * by a server that closed them in silence.
 * @publicApi
 */
export type FaultMode = 'pass' | 'hang' | 'reset' | 'stale';

/** A proxy of TCP that does to connections what networks do. @publicApi */
export interface FaultProxy {
  /** Where it listens: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** The origin it leads to; may be set when that is known. */
  target: string;
  mode: FaultMode;
  /** Milliseconds that everything sent back waits. */
  latency: number;
  /** Bytes after which whatever is sent back breaks off, per connection. */
  cutAfter: number;
  /** Connections so far. */
  connections(): number;
  /** Cuts every connection. */
  close(): Promise<void>;
}

type Faults = Readonly<Pick<FaultProxy, 'mode' | 'latency' | 'cutAfter'>>;

/**
 * Starts a fault proxy on a free port of 127.0.0.1.
 *
 * @example
 * const proxy = await startFaultProxy();
 * proxy.target = running.url;
 * proxy.mode = 'stale';
 * @publicApi
 */
export async function startFaultProxy(target = ''): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let made = 0;
  let mode: FaultMode = 'pass';
  let changes = 0;

  const server = createServer((near) => {
    made += 1;
    const bornIn = changes;
    const { hostname, port } = new URL(proxy.target);
    const far = connect({ host: hostname, port: Number(port) });
    for (const socket of [near, far]) keep(socket, sockets);
    join(near, far, proxy, () => mode === 'reset' || (mode === 'stale' && bornIn < changes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const proxy: FaultProxy = {
    origin: `http://127.0.0.1:${port}`,
    target,
    latency: 0,
    cutAfter: Infinity,
    get mode() {
      return mode;
    },
    set mode(wanted) {
      mode = wanted;
      changes += 1;
    },
    connections: () => made,
    close: () => closeAll(server, sockets),
  };
  return proxy;
}

/** Passes on what comes from either side, as far as the faults let it. */
function join(near: Socket, far: Socket, faults: Faults, isReset: () => boolean): void {
  let left = faults.cutAfter;
  near.on('data', (bytes) => {
    if (isReset()) near.resetAndDestroy();
    else if (faults.mode !== 'hang') far.write(bytes);
  });
  far.on('data', (bytes) => {
    const sent = bytes.subarray(0, Math.max(left, 0));
    left -= bytes.length;
    const send = () => near.write(sent, () => left < 0 && near.destroy());
    if (faults.latency > 0) setTimeout(send, faults.latency);
    else send();
  });
  far.on('end', () => near.end());
  near.on('close', () => far.destroy());
  far.on('error', () => near.resetAndDestroy());
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => undefined); // either side may hang up at any time
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
