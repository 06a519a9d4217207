import type { Server } from 'node:tls';

import type { Logger } from 'pino';

import { ConfigError } from '../config/config-error.js';
import { clientCertificatesOf, type TlsConfig } from './tls-config.js';
import { readTlsFiles, secureContextOf, type TlsFiles } from './tls-files.js';
import { watchConnections } from './watch-connections.js';

/** Whose files are followed, and how often they are looked at. @internal */
export interface FollowOptions {
  readonly config: TlsConfig;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Milliseconds between two looks. */
  readonly every?: number;
  /** Milliseconds that connections get when the authorities have changed. */
  readonly drain?: number;
}

/** The files of a server that listens. @internal */
export interface FollowedFiles {
  /** Reads them now. */
  reload(): Promise<void>;
  stop(): void;
}

const tenSeconds = 10_000;

/**
 * Has a server use its certificate, key and authorities as they are now: for every connection made
 * after the files changed. Files that are of no use, or of which only some have changed yet, leave it
 * with those it has, and are logged once. When the authorities change, connections made before end soon:
 * their certificates were judged by the old ones, and nobody judges them again.
 *
 * Their contents are compared, not their times: secrets are mounted by links that are swapped.
 * @internal
 */
export function followTlsFiles(
  server: Server,
  initial: TlsFiles,
  { config, logger, every = tenSeconds, drain = tenSeconds }: FollowOptions,
): FollowedFiles {
  const endConnections = watchConnections(server);
  let used = initial;
  let lastProblem: string | undefined;
  const { areRequested } = clientCertificatesOf(config);
  const look = async (): Promise<void> => {
    try {
      const files = await readTlsFiles(config);
      lastProblem = undefined;
      if (!files || isSame(files, used)) return;
      server.setSecureContext(secureContextOf(files, areRequested));
      if (files.ca !== used.ca) endConnections(drain);
      used = files;
      logger.info({ event: 'tls.reloaded' }, 'uses the TLS files as they are now');
    } catch (error) {
      const problem = error instanceof ConfigError ? error.problems.join('; ') : String(error);
      if (problem === lastProblem) return;
      lastProblem = problem;
      logger.error({ event: 'tls.unusable', problem }, 'keeps the TLS files it had');
    }
  };
  // One after the other: an older look must not overtake a later one.
  let looking = Promise.resolve();
  const reload = () => (looking = looking.then(look));
  const timer = setInterval(() => void reload(), every).unref();
  return { reload, stop: () => clearInterval(timer) };
}

function isSame(one: TlsFiles, other: TlsFiles): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}
