/**
 * The whole fleet in one call: data directory, three services, mail sink. The demonstration and the
 * e2e tests start the same way. Knows of the services only their process contract.
 */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { clientSecrets } from './data/client-secrets.js';
import { lockData } from './data/data-lock.js';
import { demoEnv } from './data/demo-env.js';
import { writePrivateFile } from './data/private-file.js';
import { demoSeeds, registryFile, usersFile, type FleetUrls, type Seeds } from './data/seeds.js';
import { startMailSink, type MailSink } from './mail/start-mail-sink.js';
import { checkPorts, freePorts, portsFrom, type FleetPorts } from './ports.js';
import { createServiceProcess, type ServiceProcess } from './process/service-process.js';
import { serviceEnvironments, serviceNames, type ServiceName } from './service-environments.js';
import { workspaceRoot } from './workspace-root.js';

/** How a fleet is started. @internal */
export interface FleetOptions {
  /** Where databases, secrets and logs are; made when missing, kept for the next start. */
  readonly dataDirectory: string;
  /** A port base (see `portsFrom`), exact ports, or any that are free. */
  readonly ports: number | FleetPorts | 'free';
  /** Replaces the demonstration's seeds, or extends them. */
  readonly seeds?: (demo: Seeds, urls: FleetUrls) => Seeds;
  /** More environment for one service. */
  readonly environment?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Milliseconds each service may take to get ready. Default 45 s. */
  readonly readyWithinMs?: number;
  /** Told when a service ends though nobody stopped it. */
  readonly onUnexpectedExit?: (report: string) => void;
  /** Ends a start that is under way: it rejects, with nothing left running. */
  readonly signal?: AbortSignal;
}

/** A running fleet. @internal */
export interface Fleet {
  readonly urls: FleetUrls;
  readonly ports: FleetPorts;
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;
  readonly mail: MailSink;
  /** Secrets by client id. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly demoEnvFile: string;
  /** Stops everything; true when every service left by itself. */
  stop(): Promise<boolean>;
}

const defaultReadyMs = 45_000;

const mainOf = (service: ServiceName): string =>
  join(workspaceRoot, 'apps', service, 'dist', 'main.js');

async function checkBuilt(): Promise<void> {
  for (const service of serviceNames) {
    await access(mainOf(service)).catch((cause: unknown) => {
      throw new Error(`${service} is not built; run: npx nx run-many -t build`, { cause });
    });
  }
}

const portsOf = (ports: FleetOptions['ports']): FleetPorts | Promise<FleetPorts> => {
  if (ports === 'free') return freePorts();
  return typeof ports === 'number' ? portsFrom(ports) : ports;
};

const urlsOf = (ports: FleetPorts): FleetUrls => ({
  issuer: `http://127.0.0.1:${ports.authServer}`,
  herald: `http://127.0.0.1:${ports.herald}/`,
  census: `http://127.0.0.1:${ports.census}/`,
});

/** Registry and users are written anew each time: their URIs depend on the ports. */
async function prepareData(options: FleetOptions, urls: FleetUrls, mailboxUrl: string) {
  const directory = options.dataDirectory;
  const demo = demoSeeds(urls);
  const seeds = options.seeds?.(demo, urls) ?? demo;
  const secrets = await clientSecrets(
    join(directory, 'client-secrets.json'),
    seeds.clients.map((client) => client.id),
  );
  const demoEnvFile = join(directory, 'demo.env');
  await mkdir(join(directory, 'logs'), { recursive: true, mode: 0o700 });
  await writePrivateFile(join(directory, 'registry.json'), registryFile(seeds, secrets));
  await writePrivateFile(join(directory, 'users.json'), usersFile(seeds));
  await writePrivateFile(demoEnvFile, demoEnv({ urls, mailboxUrl, secrets }));
  return { secrets, demoEnvFile };
}

function createServices(
  options: FleetOptions,
  ports: FleetPorts,
  urls: FleetUrls,
  mail: MailSink,
): Record<ServiceName, ServiceProcess> {
  const directory = options.dataDirectory;
  const environments = serviceEnvironments({ directory, ports, urls, smtpUrl: mail.smtpUrl });
  const create = (name: ServiceName): ServiceProcess =>
    createServiceProcess({
      name,
      main: mainOf(name),
      url: new URL(environments[name]['PUBLIC_URL'] ?? '').origin,
      environment: { ...environments[name], ...options.environment?.[name] },
      logFile: join(directory, 'logs', `${name}.log`),
      readyWithinMs: options.readyWithinMs ?? defaultReadyMs,
      onUnexpectedExit: options.onUnexpectedExit ?? (() => undefined),
      signal: options.signal,
    });
  return {
    'auth-server': create('auth-server'),
    herald: create('herald'),
    census: create('census'),
  };
}

/** Starts all together and waits for all: the first failure is told only when none is half started. */
async function startAll(services: Readonly<Record<ServiceName, ServiceProcess>>): Promise<void> {
  const starts = await Promise.allSettled(serviceNames.map((name) => services[name].start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}

/**
 * Starts a fleet on 127.0.0.1 and resolves when every service is ready.
 *
 * Refuses a taken port (PortTakenError), a data directory in use (DataInUseError) and an app that is
 * not built; rejects with the last log lines of a service that does not get ready. Nothing is left
 * running then.
 * @internal
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await checkBuilt();
  const ports = await portsOf(options.ports);
  const urls = urlsOf(ports);
  const unlock = await lockData(options.dataDirectory);
  // What has to be undone, last first.
  const undo: (() => Promise<unknown>)[] = [unlock];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await checkPorts(ports);
    const mail = await startMailSink({ smtpPort: ports.smtp, httpPort: ports.mailbox });
    undo.push(() => mail.close());
    const { secrets, demoEnvFile } = await prepareData(options, urls, mail.mailboxUrl);
    const services = createServices(options, ports, urls, mail);
    const all = Object.values(services);
    let leftByThemselves = true;
    undo.push(async () => {
      const left = await Promise.all(all.map((service) => service.stop()));
      leftByThemselves = left.every(Boolean);
      await Promise.all(all.map((service) => service.close()));
    });
    await startAll(services);
    return {
      urls,
      ports,
      services,
      mail,
      secrets,
      demoEnvFile,
      stop: async () => {
        await undoAll();
        return leftByThemselves;
      },
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}
