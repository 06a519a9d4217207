import type { Settings } from '../settings.js';

/** How the two cookies are called, and what goes with both. */
export interface Cookies {
  /** Names the session of somebody who is logged in. */
  readonly session: string;
  /** Names a log-in that is under way. */
  readonly attempt: string;
  readonly attributes: {
    readonly path: '/';
    /** No script reads them. */
    readonly httpOnly: true;
    /** Lax, not strict: they must come along when the provider sends the browser back. */
    readonly sameSite: 'lax';
    readonly secure: boolean;
  };
}

/**
 * The cookies of an application at this URL. With https they are `__Host-` cookies: never sent in
 * clear text, and no other host of the domain can plant them (RFC 6265bis section 4.1.3.2).
 */
export function cookiesOf({ publicUrl }: Pick<Settings, 'publicUrl'>): Cookies {
  const secure = publicUrl.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  return {
    session: `${prefix}web-app-session`,
    attempt: `${prefix}web-app-login`,
    attributes: { path: '/', httpOnly: true, sameSite: 'lax', secure },
  };
}
