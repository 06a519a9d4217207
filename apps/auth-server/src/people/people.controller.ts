import { Controller, Get, Inject, Post, UnsupportedMediaTypeException } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { DirectRoute, sendDocument, type SigningKeys } from '@countersign/runtime';
import { isUnavailable } from '@countersign/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { networkOf } from '../token/limits/network-of.js';
import type { RateLimit } from '../token/limits/rate-limit.js';
import { TokenLimits } from '../token/limits/token-limits.js';
import type { EngineAnswer } from './engine/engine-exchange.js';
import { withPageHeaders } from './engine/engine-html.js';
import { PeopleEngine } from './engine/people-engine.js';
import { PeopleClients } from './people-clients.js';
import { PeopleMetadata } from './people-metadata.js';
import { PEOPLE_PAGES, type PeoplePages } from './people-pages.js';
import { LOGIN_LIMIT, PEOPLE_KEYS } from './people.constants.js';

const forBrowsers = 'a browser comes here to log in, or out';
const forClients = 'clients authenticate with their own credentials here';

/**
 * The endpoints of the login engine (OpenID Connect Core, RP-Initiated Logout 1.0), each a route of its
 * own: what is not here does not exist.
 */
@Controller('people')
export class PeopleController {
  constructor(
    @Inject(PeopleEngine) private readonly engine: PeopleEngine,
    @Inject(PeopleClients) private readonly clients: PeopleClients,
    @Inject(PeopleMetadata) private readonly metadata: PeopleMetadata,
    @Inject(PEOPLE_KEYS) private readonly keys: SigningKeys,
    @Inject(TokenLimits) private readonly limits: TokenLimits,
    @Inject(LOGIN_LIMIT) private readonly logins: RateLimit,
    @Inject(PEOPLE_PAGES) private readonly pages: PeoplePages,
  ) {}

  /** Where an application sends a browser (RFC 6749 section 4.1.1). */
  @Get('authorize')
  @Public({ reason: forBrowsers })
  @DirectRoute()
  async authorize(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const wait = this.logins.take(networkOf(request.ip));
    // Each leaves rows behind, for which nobody has to know anything.
    if (wait > 0) return this.sayTooMany(reply, wait);
    return this.browse(request, reply, `/authorize${queryOf(request)}`);
  }

  /** Where a browser comes back to after each page of a login. */
  @Get('authorize/:uid')
  @Public({ reason: forBrowsers })
  @DirectRoute()
  resume(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { uid } = request.params as { readonly uid: string };
    return this.browse(request, reply, `/authorize/${encodeURIComponent(uid)}`);
  }

  /** Codes and refresh tokens become tokens. */
  @Post('token')
  @Public({ reason: forClients })
  @DirectRoute()
  async token(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return send(reply, await this.clients.token(request));
  }

  /** Ends what came from a login (RFC 7009). */
  @Post('token/revocation')
  @Public({ reason: forClients })
  @DirectRoute()
  async revoke(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return send(reply, await this.clients.revoke(request));
  }

  /** Who a person is (OpenID Connect Core section 5.3). */
  @Get('userinfo')
  @Public({ reason: 'the access token of a person says who may ask' })
  @DirectRoute()
  userinfo(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.tell(request, reply);
  }

  /** The same, with the token in a form. */
  @Post('userinfo')
  @Public({ reason: 'the access token of a person says who may ask' })
  @DirectRoute()
  userinfoByPost(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.tell(request, reply);
  }

  /** The public keys of people's tokens (RFC 7517). */
  @Get('jwks')
  @Public({ reason: 'public keys: whoever verifies our tokens holds no token' })
  @DirectRoute()
  async jwks(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { document, maxAge } = this.keys;
    const known = request.headers['if-none-match'];
    const contentType = 'application/jwk-set+json';
    return sendDocument(reply, document, { known, maxAge, contentType }) ?? '';
  }

  /** What this issuer does (OpenID Connect Discovery section 4). */
  @Get('.well-known/openid-configuration')
  @Public({ reason: 'metadata: whoever wants to log somebody in has no token' })
  @DirectRoute()
  async discovery(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.metadata.send(request, reply);
  }

  /** Where an application sends a browser to log out (RP-Initiated Logout section 2). */
  @Get('logout')
  @Public({ reason: forBrowsers })
  @DirectRoute()
  logout(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.browse(request, reply, `/logout${queryOf(request)}`);
  }

  /** What a person answered. */
  @Post('logout/confirm')
  @Public({ reason: forBrowsers })
  @DirectRoute()
  confirmLogout(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.browse(request, reply, '/logout/confirm');
  }

  /** After a logout that nobody waits for. */
  @Get('logout/success')
  @Public({ reason: forBrowsers })
  @DirectRoute()
  loggedOut(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    return this.browse(request, reply, `/logout/success${queryOf(request)}`);
  }

  private sayTooMany(reply: FastifyReply, wait: number): unknown {
    const description =
      'Too many logins were begun from this network. Wait a minute, then try again';
    const page = this.pages.error({ status: 429, error: 'temporarily_unavailable', description });
    const headers = { 'content-type': 'text/html; charset=utf-8', ...page.headers };
    const answer = { status: 429, headers, body: Buffer.from(page.html) };
    void reply.header('retry-after', String(wait));
    return send(reply, withPageHeaders(answer));
  }

  private async browse(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
  ): Promise<unknown> {
    this.limits.admit(networkOf(request.ip));
    const { cookie, accept = 'text/html' } = request.headers;
    const { method } = request;
    const answer = await this.engine.answer({
      method,
      path,
      headers: { cookie, accept },
      body: formOf(request),
    });
    return send(reply, withPageHeaders(answer));
  }

  private async tell(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    this.limits.admit(networkOf(request.ip));
    const { authorization } = request.headers;
    const headers = { authorization, accept: 'application/json' };
    const path = `/userinfo${queryOf(request)}`;
    const { method } = request;
    return send(reply, await this.engine.answer({ method, path, headers, body: formOf(request) }));
  }
}

function queryOf({ raw: { url = '' } }: FastifyRequest): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
}

/** A form is handed on as its bytes; what is an object has been parsed as something else. */
function formOf({ method, body }: FastifyRequest): string | undefined {
  if (method !== 'POST') return undefined;
  if (Buffer.isBuffer(body)) return body.toString();
  if (body === undefined || body === null) return '';
  throw new UnsupportedMediaTypeException();
}

function send(reply: FastifyReply, { status, headers, body, failure }: EngineAnswer): unknown {
  const isAway = failure !== undefined && isUnavailable(failure);
  return reply
    .code(isAway ? 503 : status)
    .headers({ ...headers, ...(isAway ? { 'retry-after': '1' } : {}) })
    .send(body);
}
