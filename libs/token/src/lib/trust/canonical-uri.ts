/**
 * Identity is compared as whole strings, so every URI must have one spelling only.
 * Knows nothing of tokens: trust entries and claim checks both ask it.
 */

const longest = 2048;

// RFC 3986 section 3.3: pchar and slash; URL keeps some other characters raw, a second spelling.
const path = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})*)+$/;

// Unreserved characters (RFC 3986 section 2.3) have no second spelling; an encoded slash, backslash
// or percent sign changes its meaning when some later hop decodes once more.
const needlessOrTwoFaced = /[A-Za-z0-9\-._~/\\%]|\p{Cc}/u;

/**
 * Whether a value is an absolute http(s) URI in its one canonical spelling.
 *
 * Refuses whatever `URL` would rewrite, user information, query, fragment, empty path segments,
 * lower-case or needless percent escapes, escaped slashes, percent signs and control characters,
 * escapes that are not UTF-8, and more than 2048 characters.
 * @publicApi
 */
export function isCanonicalUri(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > longest || !URL.canParse(value)) {
    return false;
  }
  const url = new URL(value);
  return (
    url.href === value &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    !/[?#]/.test(value) &&
    !url.pathname.includes('//') &&
    path.test(url.pathname) &&
    hasCanonicalEscapes(url.pathname)
  );
}

/** Whether a value can stand for all URIs below it: canonical, with a final slash. @publicApi */
export function isUriPrefix(value: unknown): value is string {
  return isCanonicalUri(value) && value.endsWith('/');
}

/**
 * Whether a canonical URI lies below one of the prefixes; the prefix itself does not.
 *
 * Closed by default: a URI that is not canonical, or a prefix without its final slash (where
 * `/user` would cover `/users-of-another`), matches nothing.
 * @publicApi
 */
export function isWithin(uri: string, prefixes: readonly string[]): boolean {
  return (
    isCanonicalUri(uri) &&
    prefixes.some(
      (prefix) => prefix.endsWith('/') && uri.length > prefix.length && uri.startsWith(prefix),
    )
  );
}

function hasCanonicalEscapes(pathname: string): boolean {
  return (pathname.match(/(?:%[0-9A-F]{2})+/g) ?? []).every((escapes) => {
    try {
      return !needlessOrTwoFaced.test(decodeURIComponent(escapes));
    } catch {
      return false; // not UTF-8: receivers decode it differently, or fail
    }
  });
}
