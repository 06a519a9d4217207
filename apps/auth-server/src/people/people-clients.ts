/**
 * The endpoints of the engine that applications authenticate at: they do so exactly as at our own
 * token endpoint, by the same code. The engine gets a request without credentials of theirs.
 */
import type { FastifyRequest } from 'fastify';

import type { ClientAuthentication } from '../token/client-authentication/client-authentication.js';
import type { AuthenticatedClient } from '../token/client-authentication/authenticated-client.js';
import { readClientRequest } from '../token/client-authentication/client-request.js';
import type { TokenLimits } from '../token/limits/token-limits.js';
import type { FormParameters } from '../token/parse-form.js';
import { refusalForAudit } from '../token/refusal-for-audit.js';
import { TokenError } from '../token/token-error.js';
import type { EngineAnswer } from './engine/engine-exchange.js';
import type { PeopleEngine } from './engine/people-engine.js';
import type { PeopleAudit } from './people-audit.js';

/** What the endpoints work with. */
export interface PeopleClientsDeps {
  readonly engine: PeopleEngine;
  /** Its assertions are addressed to the issuer of people's tokens. */
  readonly authentication: ClientAuthentication;
  readonly limits: TokenLimits;
  readonly audit: PeopleAudit;
}

/** An endpoint: where it is, and what of a form it reads. */
interface Endpoint {
  readonly path: string;
  readonly names: readonly string[];
  /** What the audit log calls it when it was done, and when it was refused. */
  readonly done: string;
  readonly refused: string;
}

const tokenEndpoint: Endpoint = {
  path: '/token',
  names: ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope'],
  done: 'people.token.issued',
  refused: 'people.token.refused',
};
const revocationEndpoint: Endpoint = {
  path: '/token/revocation',
  names: ['token', 'token_type_hint'],
  done: 'people.token.revoked',
  refused: 'people.revocation.refused',
};

/** Answers applications. */
export class PeopleClients {
  constructor(private readonly deps: PeopleClientsDeps) {}

  /** Code and refresh token become tokens (RFC 6749 sections 4.1.3 and 6). */
  token(request: FastifyRequest): Promise<EngineAnswer> {
    return this.answer(request, tokenEndpoint);
  }

  /** Ends a refresh token, and all that came from the same login (RFC 7009). */
  revoke(request: FastifyRequest): Promise<EngineAnswer> {
    return this.answer(request, revocationEndpoint);
  }

  /** Throws what refuses the request before the engine is asked: a TokenError, 429 or 503. */
  private async answer(request: FastifyRequest, endpoint: Endpoint): Promise<EngineAnswer> {
    const { limits, authentication, audit, engine } = this.deps;
    let caller: AuthenticatedClient | undefined;
    try {
      const read = readClientRequest(request, request.body, limits);
      caller = await authentication.authenticateClient(read);
      const { client } = caller;
      if (!client.login) throw refused('unauthorized_client', 'nobody logs in to it', client.id);
      if (audit.isOverloaded) {
        throw refused('temporarily_unavailable', 'the audit log cannot be written', client.id);
      }
      const body = formFor(endpoint, read.form);
      const answer = await engine.answer({
        method: 'POST',
        path: endpoint.path,
        headers: { authorization: this.basic(client.id), accept: 'application/json' },
        body,
      });
      // Our own refusals have a form: 503 where a moment later may do, and 500.
      if (answer.failure !== undefined) throw answer.failure;
      this.recordAnswer(request, answer, { endpoint, caller, form: read.form });
      return answer;
    } catch (error) {
      this.recordRefusal(request, error, endpoint, caller);
      throw error;
    }
  }

  private basic(id: string): string {
    const { secret } = this.deps.engine.parts.clients;
    return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${secret}`).toString('base64')}`;
  }

  private recordAnswer(
    request: FastifyRequest,
    { status, body }: EngineAnswer,
    about: {
      readonly endpoint: Endpoint;
      readonly caller: AuthenticatedClient;
      readonly form: FormParameters;
    },
  ): void {
    const { endpoint, caller, form } = about;
    const { client, method, credential } = caller;
    this.deps.audit.record(status < 400 ? endpoint.done : endpoint.refused, request, {
      client: client.id,
      method,
      credential,
      grantType: form.get('grant_type')?.slice(0, 64),
      ...(status < 400 ? {} : { code: errorOf(body) }),
    });
  }

  private recordRefusal(
    request: FastifyRequest,
    error: unknown,
    { refused: event }: Endpoint,
    caller: AuthenticatedClient | undefined,
  ): void {
    const refusal = refusalForAudit(error);
    if (refusal === undefined) return;
    const { client, method, credential } = caller ?? {};
    const about = { ...refusal, client: client?.id ?? refusal.client, method, credential };
    this.deps.audit.record(event, request, about);
  }
}

/** What the engine reads of a form, and nothing a client authenticated with. */
function formFor({ names }: Endpoint, form: FormParameters): string {
  const body = new URLSearchParams();
  for (const name of names) {
    const value = form.get(name);
    if (value !== undefined) body.append(name, value);
  }
  for (const resource of form.resources) body.append('resource', resource);
  return body.toString();
}

function errorOf(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: unknown };
    return String(error);
  } catch {
    return 'server_error';
  }
}

function refused(
  code: 'unauthorized_client' | 'temporarily_unavailable',
  reason: string,
  client: string,
): TokenError {
  const retryAfter = code === 'temporarily_unavailable' ? 1 : undefined;
  return new TokenError(code, { reason, client, retryAfter });
}
