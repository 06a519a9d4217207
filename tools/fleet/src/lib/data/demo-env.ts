import { cast, readerClient, userUri, webClient, type FleetUrls } from './seeds.js';

/** What `demo.env` is made from. @internal */
export interface DemoEnvOptions {
  readonly urls: FleetUrls;
  readonly mailboxUrl: string;
  readonly secrets: Readonly<Record<string, string>>;
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/**
 * The text of `demo.env`: everything a program outside needs to take part, for `source` in a shell.
 * It holds client secrets: write it 0600.
 * @internal
 */
export function demoEnv({ urls, mailboxUrl, secrets }: DemoEnvOptions): string {
  const variables: Readonly<Record<string, string>> = {
    ISSUER: urls.issuer,
    TOKEN_URL: `${urls.issuer}/oauth2/token`,
    JWKS_URL: `${urls.issuer}/.well-known/jwks.json`,
    CLIENT_ID: readerClient,
    CLIENT_SECRET: secrets[readerClient] ?? '',
    AUDIENCE: urls.census,
    SCOPE: 'users:read:any',
    RESOURCE_URL: userUri(urls, cast.recipient),
    WEB_CLIENT_ID: webClient,
    WEB_CLIENT_SECRET: secrets[webClient] ?? '',
    HERALD_URL: urls.herald,
    HERALD_AUDIENCE: urls.herald,
    HERALD_SCOPE: 'notifications:send',
    CENSUS_URL: urls.census,
    USER_URI: userUri(urls, cast.sender),
    RECIPIENT_URI: userUri(urls, cast.recipient),
    STRANGER_URI: userUri(urls, cast.stranger),
    MAILBOX_URL: mailboxUrl,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}`);
  return `# Written by npm start. Holds secrets: for this machine and this data directory only.\n${lines.join('\n')}\n`;
}
