const rest = /^(?:invitation|password)\/[A-Za-z0-9_-]{43}$/;

/**
 * Whether a link is one of the authorization server that sets a password, and not one character else:
 * compared as text, so that no mail of ours ever leads elsewhere.
 * @param authServerUrl The issuer, without a final slash.
 */
export function isAccountLink(authServerUrl: string, link: string): boolean {
  const prefix = `${authServerUrl}/people/`;
  return link.startsWith(prefix) && rest.test(link.slice(prefix.length));
}
