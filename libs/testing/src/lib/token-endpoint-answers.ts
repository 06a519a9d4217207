/** What a token endpoint answers: as RFC 6749 says, or as badly as can be; table at the end. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { brokenAnswers } from './broken-answers.js';
import { but, json } from './json-answers.js';

/** One request to a token endpoint. @publicApi */
export interface TokenQuestion {
  readonly headers: IncomingMessage['headers'];
  readonly form: Readonly<Record<string, string>>;
}

/** @internal */
export interface GoodResponse {
  readonly access_token: string;
  readonly [member: string]: unknown;
}

type Answer = (response: ServerResponse, good: GoodResponse) => void;

const error =
  (code: string, status = 400, headers: object = {}): Answer =>
  (response, { access_token: leaked }) =>
    json(response, { error: code, error_description: `about ${leaked}` }, status, headers);

/** @internal */
export const tokenAnswers = {
  good: but({}),
  'lower-case-type': but({ token_type: 'bearer' }),
  'unknown-members': but({ refresh_token: 'unasked', id_token: {}, x: null }),
  'content-type-with-charset': (response, good) =>
    json(response, good, 200, { 'content-type': 'application/json;charset=UTF-8' }),

  ...brokenAnswers,
  'no-token': but({ access_token: undefined }),
  'empty-token': but({ access_token: '' }),
  'token-as-number': but({ access_token: 42 }),
  'token-with-line-break': but({ access_token: 'abc\r\nx-injected: yes' }),
  'token-with-blank': but({ access_token: 'abc def' }),
  'token-too-long': but({ access_token: 'a'.repeat(8193) }),
  'type-missing': but({ token_type: undefined }),
  'type-mac': but({ token_type: 'mac' }),
  'type-n-a': but({ token_type: 'N_A' }),
  'type-as-list': but({ token_type: ['Bearer'] }),
  'type-dpop': but({ token_type: 'DPoP' }),
  'lifetime-missing': but({ expires_in: undefined }),
  'lifetime-as-text': but({ expires_in: '300' }),
  'lifetime-negative': but({ expires_in: -1 }),
  'lifetime-zero': but({ expires_in: 0 }),
  'lifetime-broken': but({ expires_in: 1.5 }),
  'lifetime-huge': but({ expires_in: 1e9 }),
  'lifetime-null': but({ expires_in: null }),
  'scope-missing-one': but({ scope: 'something:else' }),
  'scope-malformed': but({ scope: 'a  b' }),
  'scope-as-list': but({ scope: ['users:read'] }),
  'kind-id-token': but({ issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
  'duplicate-member': (response, good) =>
    json(response, `{"access_token":"other",${JSON.stringify(good).slice(1)}`),
  'wrong-content-type': (response, good) =>
    json(response, good, 200, { 'content-type': 'text/html' }),
  'status-201': (response, good) => json(response, good, 201),
  'status-404': (response) => void response.writeHead(404).end(),
  redirect: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),

  'status-503': error('temporarily_unavailable', 503, { 'retry-after': '7' }),
  'status-429': error('temporarily_unavailable', 429, { 'retry-after': '3' }),

  'invalid-client': error('invalid_client', 401),
  'invalid-scope': error('invalid_scope'),
  'invalid-grant': error('invalid_grant'),
  'invalid-target': error('invalid_target'),
  'unknown-error': error('it was <b>you</b>\n'),
  'error-as-object': (response) => json(response, { error: { code: 1 } }, 400),
  'refusal-as-html': (response) => void response.writeHead(403).end('<h1>No</h1>'),
} as const satisfies Readonly<Record<string, Answer>>;
