import { names, type Tree } from '@nx/devkit';

import { GeneratorError } from './generator-error.js';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** RFC 6749 section 3.3, without the quotes that a source would have to escape. */
const SCOPE = /^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]+$/;

/**
 * A name in lower case, its words joined by hyphens: of a service, a caller, an issuer.
 * @throws GeneratorError for any other.
 */
export function checkedName(what: string, name: string): string {
  if (!NAME.test(name) || name.length > 64)
    throw new GeneratorError(
      `${what}: "${name}" is no name: lower-case letters, digits and single hyphens, as in order-history`,
    );
  return name;
}

/** @throws GeneratorError unless each can stand in a token. */
export function checkedScopes(scopes: readonly string[]): readonly string[] {
  for (const scope of scopes)
    if (!SCOPE.test(scope))
      throw new GeneratorError(`scopes: "${scope}" is no scope: as in users:read`);
  return [...new Set(scopes)];
}

/** @throws GeneratorError unless it is an absolute http or https URL. */
export function checkedUrl(what: string, url: string): string {
  const isUrl = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isUrl || /['"`\\\s]/.test(url))
    throw new GeneratorError(`${what}: "${url}" is no http or https URL`);
  return url;
}

/** `order-history` as a class is named: `OrderHistory`. */
export const className = (name: string): string => names(name).className;

/** @throws GeneratorError where there is something already. */
export function refuseTaken(tree: Tree, path: string): void {
  if (tree.exists(path)) throw new GeneratorError(`${path} exists already`);
}

/** What may be given as a list or as one text with commas. */
export const listOf = (given: readonly string[] | string | undefined): readonly string[] =>
  (typeof given === 'string' ? given.split(',') : (given ?? []))
    .map((one) => one.trim())
    .filter(Boolean);
