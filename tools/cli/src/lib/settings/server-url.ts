import { isLoopbackHost } from '@countersign/token';

import { CliError } from '../cli-error.js';

/**
 * The server's address without a final slash. Refuses (configuration) what is no URL, has
 * credentials, query or fragment, and http to another machine: a secret goes there.
 */
export function serverUrl(value: string, name: string): string {
  const refuse = (problem: string): never => {
    throw new CliError('configuration', `${name} ${problem}.`, {
      fix: 'Give the address under which the authorization server is known, such as https://auth.example.',
    });
  };
  if (!URL.canParse(value)) return refuse('is no URL');
  const url = new URL(value);
  const isPrivate =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!isPrivate) return refuse('must be https (http is for this machine only)');
  if (url.username || url.password) return refuse('must not hold credentials');
  if (/[?#]/.test(value)) return refuse('must not have a query or fragment');
  return url.href.replace(/\/$/, '');
}
