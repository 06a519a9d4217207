import { hash } from 'node:crypto';

import { serverSource, type ServerSourceOptions } from './server-source.js';
import type { OutboundSubject, TokenSource } from './token-source.js';

const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * A source of tokens to go on for a user: the token that the user's call came with is exchanged (RFC
 * 8693) for one that names this client as the actor, remembered for as long as that call's token is.
 *
 * `token` rejects with a TokenAcquisitionError when the server gives none, and with a TypeError for a
 * request without a subject's token (use client credentials to call for oneself), a bound request, an
 * empty audience, a malformed scope.
 *
 * @throws TypeError that names the option: an issuer or endpoint that is not https (nor http on a
 * loopback host), bounds out of range.
 * @example
 * tokenExchange({ issuer: 'https://auth.example', client: privateKeyJwt('herald', { signer }) })
 * @publicApi
 */
export function tokenExchange(options: ServerSourceOptions): TokenSource {
  return serverSource(options, {
    name: 'token-exchange',
    forUsers: true,
    check: ({ subject }) => void tokenOf(subject),
    acquire: async (ask, request) => {
      const { subject } = request;
      const acquired = await ask(
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          requested_token_type: accessToken,
          subject_token_type: accessToken,
          subject_token: tokenOf(subject),
        },
        request,
      );
      // Nothing that is exchanged later for the same token lives longer than that token.
      const end = subject?.expiresAt ?? Infinity;
      return { ...acquired, isFinal: acquired.token.expiresAt >= end - 1 };
    },
    // Not the user's URI: who acts in between stands in the token, and belongs to the result.
    subjectKey: (subject) => hash('sha256', tokenOf(subject), 'base64url'),
  });
}

function tokenOf(subject: OutboundSubject | undefined): string {
  if (subject?.token === undefined)
    throw new TypeError('token exchange needs the token of the user it goes on for');
  return subject.token;
}
