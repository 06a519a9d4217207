import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { errorCode } from './error-code.js';

/** One port for everything a fleet listens with, all on 127.0.0.1. @internal */
export interface FleetPorts {
  readonly authServer: number;
  readonly herald: number;
  readonly census: number;
  readonly webApp: number;
  readonly smtp: number;
  readonly mailbox: number;
}

/** What listens on each port, in words a reader of the screen knows. @internal */
export const portOwners: Readonly<Record<keyof FleetPorts, string>> = {
  authServer: 'auth-server',
  herald: 'herald',
  census: 'census',
  webApp: 'web-app',
  smtp: 'mail sink, SMTP',
  mailbox: 'mail sink, mailbox',
};

const highestPort = 65_535;
const offsets: Readonly<Record<keyof FleetPorts, number>> = {
  authServer: 0,
  herald: 1,
  census: 2,
  webApp: 3,
  smtp: 25,
  mailbox: 26,
};
const names = Object.keys(offsets) as (keyof FleetPorts)[];

const perName = (port: (name: keyof FleetPorts) => number): FleetPorts => ({
  authServer: port('authServer'),
  herald: port('herald'),
  census: port('census'),
  webApp: port('webApp'),
  smtp: port('smtp'),
  mailbox: port('mailbox'),
});

/**
 * The ports that belong to a base: auth-server N, herald N+1, census N+2, web-app N+3, SMTP N+25,
 * mailbox N+26.
 * Throws a TypeError when the base is no whole number or leaves no room.
 * @internal
 */
export function portsFrom(base: number): FleetPorts {
  const last = highestPort - offsets.mailbox;
  if (!Number.isInteger(base) || base < 1 || base > last) {
    throw new TypeError(`the port base is a whole number from 1 to ${last}, not ${base}`);
  }
  return perName((name) => base + offsets[name]);
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening');
  return server;
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));

/** Different ports that nobody listened on a moment ago. @internal */
export async function freePorts(): Promise<FleetPorts> {
  const servers = await Promise.all(names.map(() => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return perName((name) => ports[names.indexOf(name)] ?? 0);
}

/** A port of the fleet that somebody else has. @internal */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(
    readonly port: number,
    readonly owner: string,
    options: ErrorOptions,
  ) {
    super(
      `port ${port}, which the ${owner} needs, cannot be listened on (${reason(options.cause)}). ` +
        'Stop what uses it, or move all ports: npm start -- --port-base <number>',
      options,
    );
  }
}

function reason(cause: unknown): string {
  const code = errorCode(cause);
  if (code === 'EADDRINUSE') return 'another program listens there';
  return code === 'EACCES' ? 'not permitted' : (code ?? String(cause));
}

/** Refuses with PortTakenError the first port that cannot be listened on. @internal */
export async function checkPorts(ports: FleetPorts): Promise<void> {
  for (const name of names) {
    try {
      await close(await listen(ports[name]));
    } catch (cause) {
      throw new PortTakenError(ports[name], portOwners[name], { cause });
    }
  }
}
