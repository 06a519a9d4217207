/**
 * Which server, as which client: from options, then the environment, then the configuration file.
 * Knows no command and sends nothing.
 */
import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';
import { configPath, readConfigFile } from './config-file.js';
import { readSecret } from './read-private-text.js';
import { serverUrl } from './server-url.js';

/** The options that every command has. */
export interface GlobalOptions {
  readonly server?: string;
  readonly issuer?: string;
  readonly client?: string;
  readonly secretFile?: string;
  readonly timeout?: number;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Where requests go. */
export interface ServerSettings {
  /** Without a final slash. */
  readonly server: string;
  /** What the server calls itself: its tokens and audiences begin with it. */
  readonly issuer: string;
  /** Milliseconds until an answer must be complete. */
  readonly timeout: number;
}

/** Where requests go, and who sends them. */
export interface Settings extends ServerSettings {
  readonly client: string;
  readonly secret: string;
}

const defaultTimeout = 10;

/** The server alone, for commands that need no credentials. */
export async function serverSettings(
  options: GlobalOptions,
  { env }: Pick<Terminal, 'env'>,
): Promise<ServerSettings> {
  const file = await readConfigFile(configPath(env));
  const server = options.server ?? set(env['COUNTERSIGN_SERVER']) ?? file.server;
  if (server === undefined) {
    throw new CliError('configuration', 'No authorization server is named.', {
      fix: 'Give --server <url>, set COUNTERSIGN_SERVER, or run: countersign login',
    });
  }
  const url = serverUrl(server, 'The server');
  const issuer = options.issuer ?? set(env['COUNTERSIGN_ISSUER']) ?? file.issuer;
  return {
    server: url,
    issuer: issuer === undefined ? url : serverUrl(issuer, 'The issuer'),
    timeout: (options.timeout ?? defaultTimeout) * 1000,
  };
}

/** Server, client and secret. Refuses (configuration) what is missing, naming where to give it. */
export async function settings(
  options: GlobalOptions,
  terminal: Pick<Terminal, 'env' | 'stdin'>,
): Promise<Settings> {
  const { env } = terminal;
  const server = await serverSettings(options, terminal);
  const file = await readConfigFile(configPath(env));
  const client = options.client ?? set(env['COUNTERSIGN_CLIENT']) ?? file.client;
  if (client === undefined) {
    throw new CliError('configuration', 'No client is named: as whom should this be asked?', {
      fix: 'Give --client <id>, set COUNTERSIGN_CLIENT, or run: countersign login',
    });
  }
  const secretFile = options.secretFile ?? set(env['COUNTERSIGN_SECRET_FILE']) ?? file.secretFile;
  if (secretFile !== undefined) {
    return { ...server, client, secret: await readSecret(secretFile, 'secret file', terminal) };
  }
  if (file.secret !== undefined) return { ...server, client, secret: file.secret };
  throw new CliError('configuration', `There is no secret for the client ${client}.`, {
    fix: 'Give --secret-file <file> (- for standard input), set COUNTERSIGN_SECRET_FILE, or run: countersign login',
  });
}

/** A variable set to nothing is not set. */
const set = (value: string | undefined): string | undefined => value || undefined;
