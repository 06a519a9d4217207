import { isLoopbackHost } from '@countersign/token';

/** What both programs have to agree on. */
export interface Settings {
  /** Where the server is, and the audience of tokens for it. */
  readonly serverUrl: string;
  /** Where the client is, and the issuer of its tokens. */
  readonly clientUrl: string;
  /** The file that holds the secret: a file, so that no list of processes or environments shows it. */
  readonly signingKeyFile: string;
}

/**
 * Reads the settings of both programs. Refuses with a TypeError a URL that tokens must not travel
 * to.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    serverUrl: safeUrl('SERVER_URL', env['SERVER_URL'] ?? 'http://localhost:9000/'),
    clientUrl: safeUrl('CLIENT_URL', env['CLIENT_URL'] ?? 'http://localhost:9001/'),
    signingKeyFile: env['MY_SIGNING_KEY_FILE'] ?? '.countersign/shared-secret/my-signing-key',
  };
}

/** The port that a URL names, to listen on. */
export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** In the clear, everybody on the way could take the token from its header and be first to use it. */
function safeUrl(name: string, text: string): string {
  const { protocol, hostname, href } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
  if (!isSafe) throw new TypeError(`${name} must be https, or http on this machine`);
  return href;
}
