import { join } from 'node:path';

import type { FleetUrls } from './data/seeds.js';
import type { FleetPorts } from './ports.js';

/** The three services, by project name. @internal */
export type ServiceName = 'auth-server' | 'herald' | 'census';

/** All services, callees first. @internal */
export const serviceNames: readonly ServiceName[] = ['auth-server', 'census', 'herald'];

/** What the environments are made from. @internal */
export interface EnvironmentOptions {
  readonly directory: string;
  readonly ports: FleetPorts;
  readonly urls: FleetUrls;
  readonly smtpUrl: string;
}

/** The whole environment of each service, by the contract of its `config.ts`. @internal */
export function serviceEnvironments(
  options: EnvironmentOptions,
): Record<ServiceName, Readonly<Record<string, string>>> {
  const { directory, ports, urls, smtpUrl } = options;
  const common = (name: ServiceName, port: number, publicUrl: string) => ({
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    DATA_DIR: join(directory, name),
    // Debug: the story is told from what the services say of the requests they let in.
    LOG_LEVEL: 'debug',
    // Nobody balances load between one of each.
    SHUTDOWN_DELAY: '0',
  });
  return {
    'auth-server': {
      ...common('auth-server', ports.authServer, `${urls.issuer}/`),
      REGISTRY_FILE: join(directory, 'registry.json'),
    },
    census: {
      ...common('census', ports.census, urls.census),
      AUTH_SERVER_URL: urls.issuer,
      HERALD_URL: urls.herald,
      USERS_FILE: join(directory, 'users.json'),
    },
    herald: {
      ...common('herald', ports.herald, urls.herald),
      AUTH_SERVER_URL: urls.issuer,
      CENSUS_URL: urls.census,
      SMTP_URL: smtpUrl,
      MAIL_FROM: 'Herald <herald@example.test>',
    },
  };
}
