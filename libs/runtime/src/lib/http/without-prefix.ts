/**
 * Makes an app that is known under a path (`https://example.com/auth/`) answer there, whether the
 * proxy in front of it keeps that path or strips it: returns what turns a request target into the
 * one that routes are written for, or `undefined` for an app without a path.
 *
 * Of a well-known address whose path comes last (RFC 8414 section 3.1, RFC 9728 section 3.1:
 * `/.well-known/<name>/auth`), that path is removed, too. A target under another path is left as it
 * is, and so is one that is written in an unusual way (`/%61uth/`): it matches no route, and nothing
 * is decided about access before routing.
 * @internal
 */
export function withoutPrefix(publicUrl: string): ((target: string) => string) | undefined {
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  if (prefix === '') return undefined;
  return (target) => {
    const end = target.search(/[?#]/);
    const path = end < 0 ? target : target.slice(0, end);
    return stripped(path, prefix) + target.slice(path.length);
  };
}

function stripped(path: string, prefix: string): string {
  if (path === prefix) return '/';
  const inner = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
  const [, wellKnown] = /^(\/\.well-known\/[^/]+)\//.exec(inner) ?? [];
  if (wellKnown === undefined) return inner;
  const rest = inner.slice(wellKnown.length);
  return rest === prefix || rest === `${prefix}/` ? wellKnown : inner;
}
