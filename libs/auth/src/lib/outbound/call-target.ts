import { checkOption } from '@countersign/token';

/** Where a call goes. @internal */
export interface CallTarget {
  /** Whole and as sent; what a bound token is signed for. */
  readonly url: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Without query: that may hold what must not be logged. */
  readonly path: string;
}

/** Query parameters; several values of one name in a list. @publicApi */
export type CallQuery = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The target of a call below `base`: a path from there, or a whole URL that begins with it. Compared
 * and sent as written, so that no parser can be talked into another place.
 *
 * @throws TypeError for whatever would leave `base` or be rewritten on the way: another origin, dot
 * segments, a backslash, characters that are not escaped; for a query or fragment in the path.
 * @internal
 */
export function callTarget(base: string, path: string, query: CallQuery = {}): CallTarget {
  const url = path.startsWith('/') ? `${base.slice(0, -1)}${path}` : path;
  // Said without the path itself, which may be anything.
  const isBelow = url.startsWith(base) && URL.canParse(url) && new URL(url).href === url;
  checkOption(isBelow && !/[?#]/.test(url), 'path', `lie below ${base}, written as it is sent`);
  const search = searchOf(query);
  const { pathname } = new URL(url);
  return { url: url + search, target: pathname + search, path: pathname };
}

function searchOf(query: CallQuery): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      parameters.append(name, String(one));
  const search = parameters.toString();
  return search === '' ? '' : `?${search}`;
}
