import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Settings } from '../settings.js';

/** Makes the hook that says, with every answer, what a browser may do with it. */
export function securityHeaders({ publicUrl, peopleUrl }: Settings) {
  // Browsers apply form-action to the redirects after a form, too: logging out goes on to the provider.
  const formAction = `'self' ${new URL(peopleUrl).origin}`;
  const headers: Readonly<Record<string, string>> = {
    'content-security-policy':
      `default-src 'none'; style-src 'self'; img-src 'self'; form-action ${formAction}; ` +
      `base-uri 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    // The address of the callback holds a code: it goes to nobody.
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
  };
  return async (_: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers(headers);
    // What a page shows belongs to one person; pages that do not, say so themselves.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  };
}
