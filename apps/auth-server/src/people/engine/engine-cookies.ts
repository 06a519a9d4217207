/**
 * The cookies of a login: for this host, for no script, and sent along when a person follows a link
 * from another site, but not when that site posts a form. The first key signs, all are accepted.
 */
export function engineCookies(issuer: string, keys: readonly Buffer[]) {
  const isSecure = issuer.startsWith('https:');
  const [host, secure] = isSecure ? ['__Host-', '__Secure-'] : ['', ''];
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure } as const;
  return {
    keys: keys.map((key) => key.toString('base64url')),
    names: {
      session: `${host}people_session`,
      interaction: `${secure}people_interaction`,
      resume: `${secure}people_resume`,
    },
    // `__Host-` cookies have this path, and no other host can set them.
    long: { ...cookie, path: isSecure ? '/' : new URL(issuer).pathname },
    short: cookie,
  };
}
