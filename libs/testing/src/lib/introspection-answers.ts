/** What an introspection endpoint answers: as RFC 7662 says, or as badly as can be; table at the end. */
import type { ServerResponse } from 'node:http';

import { brokenAnswers } from './broken-answers.js';
import { but, json } from './json-answers.js';

/** An answer about an active token. @internal */
export interface ActiveAnswer {
  readonly active: true;
  readonly [member: string]: unknown;
}

type Answer = (response: ServerResponse, good: ActiveAnswer) => void;

const status =
  (code: number, headers: object = {}): Answer =>
  (response, good) =>
    json(response, good, code, headers);

/** @internal */
export const introspectionAnswers = {
  good: but({}),
  'unknown-members': but({ username: 'ann', ext: { any: [1, null] } }),
  'wrong-content-type': (response, good) =>
    json(response, good, 200, { 'content-type': 'text/html' }),
  'without-iss': but({ iss: undefined }),
  'without-iat': but({ iat: undefined }),
  'token-type-in-lower-case': but({ token_type: 'bearer' }),
  'token-use-access': but({ token_use: 'access_token' }),

  ...brokenAnswers,
  'active-as-text': but({ active: 'true' }),
  'active-as-number': but({ active: 1 }),
  'active-missing': but({ active: undefined }),
  'active-null': but({ active: null }),
  'duplicate-active': (response, good) =>
    json(response, `{"active":false,${JSON.stringify(good).slice(1)}`),
  'duplicate-scope': (response, good) =>
    json(response, `{"scope":"admin",${JSON.stringify(good).slice(1)}`),
  'proto-member': (response, good) =>
    json(response, `{"__proto__":{"active":true},${JSON.stringify(good).slice(1)}`),
  'token-type-mac': but({ token_type: 'mac' }),
  'token-type-as-list': but({ token_type: ['Bearer'] }),
  'token-type-dpop-unbound': but({ token_type: 'DPoP' }),
  'token-use-refresh': but({ token_use: 'refresh_token' }),
  'signed-answer': (response) =>
    json(response, 'e30.e30.e30', 200, { 'content-type': 'application/token-introspection+jwt' }),
  'status-201': status(201),
  'status-204': (response) => void response.writeHead(204).end(),
  'status-400': status(400),
  'status-401': status(401),
  'status-403': status(403),
  'status-404': status(404),
  'status-429': status(429, { 'retry-after': '7' }),
  'status-503': status(503, { 'retry-after': '5' }),
  'redirect-302': (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
  'redirect-307': (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
  'redirect-308': (response) => void response.writeHead(308, { location: '/elsewhere' }).end(),

  inactive: (response) => json(response, { active: false }),
  'inactive-with-claims': but({ active: false }),
  'another-iss': but({ iss: 'https://another.example' }),
  'iss-with-slash': (response, good) => json(response, { ...good, iss: `${String(good['iss'])}/` }),
  'iss-as-list': (response, good) => json(response, { ...good, iss: [good['iss']] }),
  'aud-missing': but({ aud: undefined }),
  'aud-empty': but({ aud: [] }),
  'aud-as-object': but({ aud: {} }),
  'exp-missing': but({ exp: undefined }),
  'exp-as-text': but({ exp: '4000000000' }),
  'exp-past': but({ iat: 1, exp: 2 }),
  'exp-for-ever': but({ exp: 9_000_000_000 }),
  'nbf-ahead': but({ nbf: 8_999_999_999 }),
  'iat-ahead': but({ iat: 8_999_999_998, exp: 8_999_999_999 }),
  'sub-missing': but({ sub: undefined }),
  'sub-as-number': but({ sub: 42 }),
  'client-missing': but({ client_id: undefined }),
  'client-as-uri': but({ client_id: 'https://census.example/user/42/' }),
  'scope-as-list': but({ scope: ['users:read'] }),
  'another-user': but({ sub: 'https://elsewhere.example/user/1/', act: { sub: 'herald-client' } }),
  'user-without-act': but({ sub: 'https://census.example/user/42/' }),
} as const satisfies Readonly<Record<string, Answer>>;
