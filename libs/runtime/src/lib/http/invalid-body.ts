/** 422 problems (RFC 9457) that name each member of a body that is wrong. */
import { ProblemException } from './problem.exception.js';

/** One member of a body that is wrong. @publicApi */
export interface WrongMember {
  /** JSON pointer (RFC 6901) to it; empty for the body as a whole. */
  readonly pointer: string;
  /** Public text; must not repeat what the caller sent. */
  readonly detail: string;
}

/**
 * What a schema complains of, as far as it is read here (Standard Schema, and zod's `keys`).
 * @publicApi
 */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  /** Names of members that nobody knows, in zod's issues of strict objects. */
  readonly keys?: readonly string[];
}

const MAX_ERRORS = 16;
const MAX_TEXT = 120;

/** 422: the body can be read, but says something that cannot be done. @publicApi */
export function unprocessable(code: string, errors: readonly WrongMember[]): ProblemException {
  return new ProblemException(422, {
    code,
    detail: 'The body asks for something that cannot be done',
    members: { errors },
  });
}

/**
 * 422 `BODY_INVALID` for a body that breaks its schema, naming each wrong member (16 at most);
 * made for `StandardSchemaValidationPipe({ exceptionFactory: invalidBody })`.
 * @publicApi
 */
export function invalidBody(issues: readonly SchemaIssue[]): ProblemException {
  return unprocessable('BODY_INVALID', wrongMembers(issues));
}

/** The members that a schema complains of, 16 at most. @publicApi */
export const wrongMembers = (issues: readonly SchemaIssue[]): readonly WrongMember[] =>
  issues.flatMap(membersOf).slice(0, MAX_ERRORS);

function membersOf({ message, path = [], keys }: SchemaIssue): readonly WrongMember[] {
  const pointer = path.map((segment) => `/${escaped(segment)}`).join('');
  if (keys === undefined) return [{ pointer, detail: message.slice(0, MAX_TEXT) }];
  return keys
    .slice(0, MAX_ERRORS)
    .map((key) => ({ pointer: `${pointer}/${escaped(key)}`, detail: 'is not a known member' }));
}

/** Escaped by RFC 6901 section 3. */
function escaped(segment: unknown): string {
  const key =
    typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment;
  return String(key).slice(0, MAX_TEXT).replaceAll('~', '~0').replaceAll('/', '~1');
}
