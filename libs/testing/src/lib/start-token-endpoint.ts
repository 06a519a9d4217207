import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Gate } from './gate.js';
import { closeServer, listenOnLoopback } from './loopback-server.js';
import { readForm } from './read-form.js';
import { tokenAnswers, type TokenQuestion } from './token-endpoint-answers.js';

/** A way to answer for a token. @publicApi */
export type TokenEndpointMode = keyof typeof tokenAnswers;

/** The modes whose answer is a token, in a form that a careful client takes. @publicApi */
export const usableTokenModes: readonly TokenEndpointMode[] = [
  'good',
  'lower-case-type',
  'unknown-members',
  'content-type-with-charset',
];

/** The modes that say no, to one request or to the client. @publicApi */
export const refusingTokenModes: readonly TokenEndpointMode[] = [
  'invalid-client',
  'invalid-scope',
  'invalid-grant',
  'invalid-target',
  'unknown-error',
  'error-as-object',
  'refusal-as-html',
];

/** The modes by which nobody may get a token. @publicApi */
export const unusableTokenModes: readonly TokenEndpointMode[] = (
  Object.keys(tokenAnswers) as TokenEndpointMode[]
).filter((mode) => !usableTokenModes.includes(mode) && !refusingTokenModes.includes(mode));

/** What makes the tokens. @publicApi */
export interface TestTokenEndpointOptions {
  /** The token for a request; `token-1`, `token-2`, ... unless told. */
  readonly issue?: (question: TokenQuestion) => string;
  /** Seconds; 300 unless told. */
  readonly lifetime?: number;
}

/** A token endpoint that answers as badly as its mode says. @publicApi */
export interface TestTokenEndpoint {
  /** Its metadata names the endpoint. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Takes effect with the next request. */
  mode: TokenEndpointMode;
  /** `expires_in` of the good modes. */
  lifetime: number;
  /** Requests for tokens so far, in order. */
  readonly questions: readonly TokenQuestion[];
  /** Holds good answers back until the function that it returns is called. */
  hold(): () => void;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/**
 * Starts a token endpoint on a free port of 127.0.0.1. It checks nothing: what it was asked stands in
 * `questions`.
 *
 * @example
 * const server = await startTokenEndpoint();
 * server.mode = 'lifetime-huge';
 * @publicApi
 */
export async function startTokenEndpoint(
  options: TestTokenEndpointOptions = {},
): Promise<TestTokenEndpoint> {
  const questions: TokenQuestion[] = [];
  const { issue = () => `token-${questions.length}`, lifetime = 300 } = options;
  const gate = new Gate();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = { headers: request.headers, form: await readForm(request) };
    questions.push(question);
    const { mode } = endpoint;
    const good = {
      access_token: issue(question),
      token_type: 'Bearer',
      expires_in: endpoint.lifetime,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    if (usableTokenModes.includes(mode)) await gate.pass();
    tokenAnswers[mode](response, good);
  };
  const server = createServer((request, response) => {
    if (request.url === '/token' && request.method === 'POST')
      return void answer(request, response);
    if (!request.url?.startsWith('/.well-known/oauth-authorization-server'))
      return void response.writeHead(404).end();
    const metadata = { issuer: endpoint.issuer, token_endpoint: endpoint.tokenEndpoint };
    return void response.end(JSON.stringify(metadata));
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  const issuer = await listenOnLoopback(server);

  const endpoint: TestTokenEndpoint = {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    mode: 'good',
    lifetime,
    questions,
    hold: () => gate.hold(),
    close: () => closeServer(server),
  };
  return endpoint;
}
