/** What must not stand in a log: for whichever logger an application has. */

/** Names under which secrets stand, in header fields, forms, tokens and keys; lower case. @publicApi */
export const secretNames: readonly string[] = Object.freeze([
  'authorization',
  'proxy-authorization',
  'jwt',
  'token',
  'dpop',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'client_secret',
  'client_assertion',
  'access_token',
  'refresh_token',
  'id_token',
  'subject_token',
  'actor_token',
  'assertion',
  'code_verifier',
  'd',
]);

/**
 * The paths of all {@link secretNames}, at the top of a line and down to `depth` levels below it, as pino
 * and fast-redact write them: `req.headers.authorization` lies two levels below.
 *
 * @example
 * const logger = pino({ redact: { paths: redactionPaths(), censor: '[redacted]' } });
 * @publicApi
 */
export function redactionPaths(depth = 2): string[] {
  return secretNames.flatMap((name) => {
    const isWord = /^\w+$/.test(name);
    return Array.from({ length: depth + 1 }, (_, level) => {
      const above = Array.from({ length: level }, () => '*').join('.');
      if (!isWord) return `${above}["${name}"]`;
      return above === '' ? name : `${above}.${name}`;
    });
  });
}

/**
 * A line without anything that looks like a compact JWT, wherever a message or another's error quotes one.
 *
 * @example
 * pino({ hooks: { streamWrite: withoutTokens } })
 * @publicApi
 */
export function withoutTokens(line: string): string {
  return line.replace(/eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)*/g, '[token]');
}
