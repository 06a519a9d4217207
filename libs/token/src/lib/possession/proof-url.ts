const form = /^(https?):\/\/([^/?#@\\\s]+)(\/[^?#]*)?(?:[?#].*)?$/is;
const defaultPort: Readonly<Record<string, RegExp>> = { http: /:80$/, https: /:443$/ };

/**
 * What of an `htu` is compared (RFC 9449 section 4.3): scheme and host in lower case, without the
 * port that the scheme implies, and the path as it is written; nothing is decoded. The query and the
 * fragment are left out. Undefined for what is no http(s) URL, or holds user information.
 * @internal
 */
export function proofUrl(url: string): string | undefined {
  const [, scheme = '', authority = '', path = '/'] = form.exec(url) ?? [];
  if (authority === '') return undefined;
  const lower = scheme.toLowerCase();
  const host = authority.toLowerCase().replace(defaultPort[lower] as RegExp, '');
  return `${lower}://${host}${path}`;
}
