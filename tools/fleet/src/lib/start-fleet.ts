/**
 * The whole fleet in one call: data directory, services, mail sink. The demonstration and the
 * e2e tests start the same way. Knows of the services only their process contract.
 */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { demoAccounts, type Accounts } from './data/accounts.js';
import { clientSecrets } from './data/client-secrets.js';
import { lockData } from './data/data-lock.js';
import { cliConfig } from './data/cli-config.js';
import { demoEnv } from './data/demo-env.js';
import { writePrivateFile } from './data/private-file.js';
import {
  demoSeeds,
  registryFile,
  usersFile,
  webAppClient,
  type FleetUrls,
  type Seeds,
} from './data/seeds.js';
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
  /** Lets people log in, and starts the web-app that they log in to. Default false. */
  readonly people?: boolean;
  /** Replaces the demonstration's seeds, or extends them. */
  readonly seeds?: (demo: Seeds, urls: FleetUrls) => Seeds;
  /** More environment for one service. */
  readonly environment?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Milliseconds each service may take to get ready. Default 60 s. */
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
  /** The web-app is there, too, but runs only where people log in. */
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;
  readonly mail: MailSink;
  /** Secrets by client id. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly demoEnvFile: string;
  /** Who can log in, where people do. */
  readonly accounts: Accounts | undefined;
  /** COUNTERSIGN_CONFIG for `countersign why`. */
  readonly cliConfigFile: string;
  /** Another process of a service, with the same environment but for its port; not started. */
  twin(name: ServiceName, port: number): ServiceProcess;
  /** Stops everything; true when every service left by itself. */
  stop(): Promise<boolean>;
}

const defaultReadyMs = 60_000;

const mainOf = (service: ServiceName): string =>
  join(workspaceRoot, service === 'web-app' ? 'examples' : 'apps', service, 'dist', 'main.js');

/** Those of the services that are to run. */
const startedBy = ({ people = false }: FleetOptions): readonly ServiceName[] =>
  serviceNames.filter((name) => people || name !== 'web-app');

async function checkBuilt(options: FleetOptions): Promise<void> {
  for (const service of startedBy(options)) {
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
  webApp: `http://localhost:${ports.webApp}/`,
});

/** Registry and users are written anew each time: their URIs depend on the ports. */
async function prepareData(
  options: FleetOptions,
  ports: FleetPorts,
  urls: FleetUrls,
  mailboxUrl: string,
) {
  const { dataDirectory: directory, people = false } = options;
  const { clients, ...others } = demoSeeds(urls);
  const demo = {
    ...others,
    clients: people ? [...clients, webAppClient(urls, ports.webApp)] : clients,
  };
  const seeds = options.seeds?.(demo, urls) ?? demo;
  const secrets = await clientSecrets(
    join(directory, 'client-secrets.json'),
    seeds.clients.filter(({ keys }) => keys === undefined).map(({ id }) => id),
  );
  const demoEnvFile = join(directory, 'demo.env');
  const cliConfigFile = join(directory, 'countersign.json');
  await mkdir(join(directory, 'logs'), { recursive: true, mode: 0o700 });
  await writePrivateFile(join(directory, 'registry.json'), registryFile(seeds, secrets));
  await writePrivateFile(join(directory, 'users.json'), usersFile(seeds));
  await writePrivateFile(demoEnvFile, demoEnv({ urls, mailboxUrl, secrets }));
  const accounts = people ? await demoAccounts(join(directory, 'people.json'), urls) : undefined;
  await writePrivateFile(cliConfigFile, cliConfig(urls, secrets));
  return { secrets, demoEnvFile, cliConfigFile, accounts };
}

/** Makes service processes of this fleet, on the port of their environment or another. */
function serviceFactory(
  options: FleetOptions,
  ports: FleetPorts,
  urls: FleetUrls,
  mail: MailSink,
): (name: ServiceName, otherPort?: number) => ServiceProcess {
  const directory = options.dataDirectory;
  const { people = false } = options;
  const { smtpUrl } = mail;
  const environments = serviceEnvironments({ directory, ports, urls, smtpUrl, people });
  return (name, otherPort) => {
    const environment = { ...environments[name], ...options.environment?.[name] };
    const port = otherPort ?? Number(environment['PORT']);
    return createServiceProcess({
      name,
      main: mainOf(name),
      url: `http://127.0.0.1:${port}`,
      environment: { ...environment, PORT: String(port) },
      logFile: join(directory, 'logs', otherPort ? `${name}-${port}.log` : `${name}.log`),
      readyWithinMs: options.readyWithinMs ?? defaultReadyMs,
      onUnexpectedExit: options.onUnexpectedExit ?? (() => undefined),
      signal: options.signal,
    });
  };
}

/** Starts all together and waits for all: the first failure is told only when none is half started. */
async function startAll(
  names: readonly ServiceName[],
  services: Readonly<Record<ServiceName, ServiceProcess>>,
): Promise<void> {
  const starts = await Promise.allSettled(names.map((name) => services[name].start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}

/** What has to be undone when the fleet ends or does not come up: last done, first undone. */
class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async all(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

async function bringUp(
  options: FleetOptions,
  ports: FleetPorts,
  undo: Undo,
): Promise<Omit<Fleet, 'stop'>> {
  const urls = urlsOf(ports);
  await checkPorts(ports);
  undo.add(await lockData(options.dataDirectory));
  const mail = await startMailSink({ smtpPort: ports.smtp, httpPort: ports.mailbox });
  undo.add(() => mail.close());
  const data = await prepareData(options, ports, urls, mail.mailboxUrl);
  const twin = serviceFactory(options, ports, urls, mail);
  const services = {
    'auth-server': twin('auth-server'),
    herald: twin('herald'),
    census: twin('census'),
    'web-app': twin('web-app'),
  };
  for (const service of Object.values(services)) undo.add(() => service.close());
  await startAll(startedBy(options), services);
  return { urls, ports, services, mail, ...data, twin };
}

/** Stops all at once: one that drains must not keep the others waiting. */
async function stopAll(services: Fleet['services']): Promise<boolean> {
  const left = await Promise.all(Object.values(services).map((service) => service.stop()));
  return left.every(Boolean);
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
  await checkBuilt(options);
  const ports = await portsOf(options.ports);
  const undo = new Undo();
  try {
    const fleet = await bringUp(options, ports, undo);
    return {
      ...fleet,
      stop: async () => {
        const leftByThemselves = await stopAll(fleet.services);
        await undo.all();
        return leftByThemselves;
      },
    };
  } catch (error) {
    await undo.all();
    throw error;
  }
}
