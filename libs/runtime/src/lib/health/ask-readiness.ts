import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { Environment } from '../config/read-config.js';

/** Milliseconds until an app that does not answer counts as one that is not ready. */
const patience = 3_000;

const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Asks the app that runs with this environment, on this machine, whether it is ready. Over TLS its
 * certificate has to hold for the host of `PUBLIC_URL`, as it has to for everybody else.
 * @internal
 */
export function askReadiness(env: Environment): Promise<boolean> {
  const { HOST: host = '127.0.0.1', PORT: port = '', PUBLIC_URL: publicUrl = '' } = env;
  const isTls = env['TLS_CERT_FILE'] !== undefined;
  const options = {
    host: everywhere[host] ?? host,
    port: Number(port),
    path: '/health/ready',
    timeout: patience,
    agent: false,
  };
  return new Promise((resolve) => {
    const request = isTls
      ? httpsRequest({ ...options, servername: new URL(publicUrl).hostname })
      : httpRequest(options);
    const late = setTimeout(() => request.destroy(new Error('late')), patience);
    request.on('response', (response) => {
      clearTimeout(late);
      response.destroy();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => {
      clearTimeout(late);
      resolve(false);
    });
    request.end();
  });
}
