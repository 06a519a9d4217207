import { CliError } from '../cli-error.js';
import type { Changes } from './edit.js';

/** What is said of how people log in to a client. */
export interface LoginOptions {
  /** Only `false`: nobody logs in any more. */
  readonly login?: boolean;
  readonly loginName?: string;
  readonly redirectUri?: readonly string[];
  readonly logoutUri?: readonly string[];
  readonly consent?: string;
}

/** The member of a client that says how people log in to it: whole, whatever it was. */
export function loginChanges(options: LoginOptions): Changes {
  const { login, loginName, redirectUri, logoutUri, consent } = options;
  const given = [loginName, redirectUri, logoutUri, consent].some((one) => one !== undefined);
  if (login === false) {
    if (given) throw new CliError('usage', 'Give --no-login, or how people log in, not both.');
    return { login: undefined };
  }
  if (!given) return {};
  if (loginName === undefined || redirectUri === undefined) {
    throw new CliError('usage', 'People log in by --login-name and --redirect-uri together.');
  }
  return {
    login: {
      name: loginName,
      redirectUris: redirectUri,
      ...(logoutUri === undefined ? {} : { postLogoutRedirectUris: logoutUri }),
      ...(consent === undefined ? {} : { consent }),
    },
  };
}
