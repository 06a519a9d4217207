import { operatorClient, type FleetUrls } from './seeds.js';

/**
 * What `countersign` is configured with to ask this fleet why: COUNTERSIGN_CONFIG names the file. It
 * holds a client secret: write it 0600.
 * @internal
 */
export function cliConfig(urls: FleetUrls, secrets: Readonly<Record<string, string>>): string {
  const config = {
    server: urls.issuer,
    client: operatorClient,
    secret: secrets[operatorClient] ?? '',
    services: `${urls.herald} ${urls.census}`,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
