import { join } from 'node:path';

import type { FleetUrls } from './data/seeds.js';
import type { FleetPorts } from './ports.js';

/** The services, by project name; the web-app runs where people log in. @internal */
export type ServiceName = 'auth-server' | 'herald' | 'census' | 'web-app';

/** All services, callees first. @internal */
export const serviceNames: readonly ServiceName[] = ['auth-server', 'census', 'herald', 'web-app'];

/** What the environments are made from. @internal */
export interface EnvironmentOptions {
  readonly directory: string;
  readonly ports: FleetPorts;
  readonly urls: FleetUrls;
  readonly smtpUrl: string;
  /** Whether people log in. */
  readonly people: boolean;
}

/** The whole environment of each service, by the contract of its `config.ts`. @internal */
export function serviceEnvironments(
  options: EnvironmentOptions,
): Record<ServiceName, Readonly<Record<string, string>>> {
  const { directory, ports, urls, smtpUrl, people } = options;
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
      ...(people && peopleEnvironment(options)),
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
    'web-app': webAppEnvironment(options),
  };
}

function webAppEnvironment({ directory, ports, urls }: EnvironmentOptions) {
  return {
    HOST: '127.0.0.1',
    PORT: String(ports.webApp),
    PUBLIC_URL: urls.webApp,
    AUTH_SERVER_URL: urls.issuer,
    HERALD_URL: urls.herald,
    CLIENT_KEY_FILE: join(directory, 'web-app', 'client-key.jwk'),
    NO_COLOR: '1',
  };
}

function peopleEnvironment({ directory, urls }: EnvironmentOptions) {
  return {
    PEOPLE: 'on',
    PEOPLE_SUBJECTS: `${urls.census}user/`,
    ACCOUNTS_FILE: join(directory, 'people.json'),
    HERALD_URL: urls.herald,
  };
}
