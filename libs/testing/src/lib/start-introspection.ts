import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Json } from '@countersign/token';

import { introspectionAnswers } from './introspection-answers.js';
import { Gate } from './gate.js';
import { closeServer, listenOnLoopback } from './loopback-server.js';
import { readForm } from './read-form.js';

/** A way to answer about a token. @publicApi */
export type IntrospectionMode = keyof typeof introspectionAnswers;

/** The modes whose answer a careful reader takes. @publicApi */
export const usableIntrospectionModes: readonly IntrospectionMode[] = [
  'good',
  'unknown-members',
  'wrong-content-type',
  'without-iss',
  'without-iat',
  'token-type-in-lower-case',
  'token-use-access',
];

/** The modes that decide about a token, with the code of the refusal. @publicApi */
export const refusingIntrospectionModes: Readonly<Partial<Record<IntrospectionMode, string>>> = {
  inactive: 'TOKEN_INACTIVE',
  'inactive-with-claims': 'TOKEN_INACTIVE',
  'another-iss': 'ISSUER_UNTRUSTED',
  'iss-with-slash': 'ISSUER_UNTRUSTED',
  'iss-as-list': 'ISSUER_UNTRUSTED',
  'aud-missing': 'CLAIM_INVALID',
  'aud-empty': 'CLAIM_INVALID',
  'aud-as-object': 'CLAIM_INVALID',
  'exp-missing': 'CLAIM_INVALID',
  'exp-as-text': 'CLAIM_INVALID',
  'exp-past': 'TOKEN_EXPIRED',
  'exp-for-ever': 'LIFETIME_TOO_LONG',
  'nbf-ahead': 'TOKEN_NOT_YET_VALID',
  'iat-ahead': 'TOKEN_NOT_YET_VALID',
  'sub-missing': 'CLAIM_INVALID',
  'sub-as-number': 'CLAIM_INVALID',
  'client-missing': 'CLAIM_INVALID',
  'client-as-uri': 'CLAIM_INVALID',
  'scope-as-list': 'CLAIM_INVALID',
  'another-user': 'SUBJECT_FORBIDDEN',
  'user-without-act': 'CLAIM_INVALID',
};

/** The modes by which nobody can decide. @publicApi */
export const unusableIntrospectionModes: readonly IntrospectionMode[] = (
  Object.keys(introspectionAnswers) as IntrospectionMode[]
).filter(
  (mode) => !usableIntrospectionModes.includes(mode) && !(mode in refusingIntrospectionModes),
);

/** One question to an introspection endpoint. @publicApi */
export interface IntrospectionQuestion {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: Readonly<Record<string, string>>;
}

/** An introspection endpoint that answers as badly as its mode says. @publicApi */
export interface TestIntrospection {
  /** Its metadata names the endpoint. */
  readonly issuer: string;
  readonly endpoint: string;
  /** Takes effect with the next question. */
  mode: IntrospectionMode;
  /** What it knows of tokens that are active; `iss` is its own unless told. */
  readonly tokens: Map<string, Readonly<Record<string, Json>>>;
  /** Questions so far, in order, to whatever path. */
  readonly questions: readonly IntrospectionQuestion[];
  /** Holds answers back until the function that it returns is called. */
  hold(): () => void;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/**
 * Starts an introspection endpoint on a free port of 127.0.0.1. It does not authenticate clients: what
 * it was asked stands in `questions`.
 *
 * @example
 * const server = await startIntrospection();
 * server.tokens.set('opaque', { sub: 'herald-client', client_id: 'herald-client', aud, exp });
 * @publicApi
 */
export async function startIntrospection(): Promise<TestIntrospection> {
  const questions: IntrospectionQuestion[] = [];
  const tokens = new Map<string, Readonly<Record<string, Json>>>();
  const gate = new Gate();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url: path = '', headers } = request;
    const question = { path, headers, form: await readForm(request) };
    questions.push(question);
    const { mode } = introspection;
    await gate.pass();
    const claims = tokens.get(question.form['token'] ?? '');
    if (claims === undefined) return introspectionAnswers.inactive(response);
    introspectionAnswers[mode](response, {
      active: true,
      iss: issuer,
      token_type: 'Bearer',
      ...claims,
    });
  };
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/.well-known/')) return void answer(request, response);
    const metadata = { issuer, introspection_endpoint: introspection.endpoint };
    return void response.end(JSON.stringify(metadata));
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  const issuer = await listenOnLoopback(server);

  const introspection: TestIntrospection = {
    issuer,
    endpoint: `${issuer}/introspect`,
    mode: 'good',
    tokens,
    questions,
    hold: () => gate.hold(),
    close: () => closeServer(server),
  };
  return introspection;
}
