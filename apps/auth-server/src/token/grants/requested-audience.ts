import type { FormParameters } from '../parse-form.js';
import { TokenError } from '../token-error.js';

/**
 * The one audience that a request names, by `resource` (RFC 8707) or `audience` (RFC 8693 section
 * 2.1), which are alike here: the URI of a service. Undefined when it names none.
 *
 * Refuses two of them with `invalid_target`: a token is for one audience.
 */
export function requestedAudience(
  { resources, audiences }: FormParameters,
  client: string,
): string | undefined {
  const [resource] = resources;
  const [audience] = audiences;
  const isOne = resources.length <= 1 && audiences.length <= 1;
  const isSame = resource === undefined || audience === undefined || resource === audience;
  if (isOne && isSame) return resource ?? audience;
  throw new TokenError('invalid_target', {
    reason: 'two audiences: a token is for one',
    client,
  });
}
