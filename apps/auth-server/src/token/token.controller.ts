import {
  Body,
  Controller,
  Header,
  HttpCode,
  Inject,
  Logger,
  Post,
  Req,
  UseFilters,
} from '@nestjs/common';
import { Public } from '@countersign/auth';
import { SigningKeys } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import { LiveRegistry } from '../registry/live-registry.js';
import type { Client } from '../registry/registry.js';
import { authenticateClient } from './client-authentication/authenticate-client.js';
import { presentedCredentials } from './client-authentication/presented-credentials.js';
import type { Authorization } from './client-credentials.js';
import { grantTypes, type GrantType } from './grant-types.js';
import { mint } from './mint.js';
import { parseForm, type FormParameters } from './parse-form.js';
import { TokenError } from './token-error.js';
import { TokenErrorFilter } from './token-error.filter.js';
import { CLOCK, ISSUER, LIFETIME } from './token.constants.js';

/** What the endpoint reads of a request. */
interface TokenRequest {
  readonly raw: {
    readonly url?: string;
    readonly headersDistinct: Readonly<Record<string, string[] | undefined>>;
  };
}

/** A successful answer (RFC 6749 section 5.1). */
interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

/** The token endpoint (RFC 6749 section 3.2). Asks no database and writes no row. */
@Controller('oauth2')
@UseFilters(TokenErrorFilter)
export class TokenController {
  private readonly logger = new Logger('Token');

  constructor(
    @Inject(LiveRegistry) private readonly registry: LiveRegistry,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(ISSUER) private readonly issuer: string,
    @Inject(LIFETIME) private readonly lifetime: number,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Authenticates the client, lets its grant decide, signs. */
  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  @Public({ reason: 'clients authenticate with their own credentials here' })
  async token(@Req() request: TokenRequest, @Body() body: unknown): Promise<TokenResponse> {
    refuseQuery(request.raw.url);
    const form = readForm(body);
    const grantType = form.get('grant_type');
    if (grantType === undefined) throw malformed('grant_type is missing');

    const authorization = request.raw.headersDistinct['authorization'] ?? [];
    const presented = presentedCredentials(authorization, form);
    const now = this.clock.now();
    const client = authenticateClient(presented, this.registry.current, now);
    return this.issue(grantOf(grantType, client)(client, form), now);
  }

  private async issue(authorization: Authorization, now: number): Promise<TokenResponse> {
    const { issuer, lifetime } = this;
    const by = { issuer, signer: this.keys.signer(), now, lifetime };
    const { token, id } = await mint(authorization, by);
    this.logger.log({ event: 'token.issued', ...authorization, jti: id });
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifetime,
      scope: authorization.scopes.join(' '),
    };
  }
}

/** Addresses end up in logs of proxies: nothing of a request may stand there, a fragment neither. */
function refuseQuery(url: string | undefined): void {
  if (/[?#]/.test(url ?? '')) {
    throw new TokenError('invalid_request', {
      reason: 'parameters in the query',
      description: 'Parameters belong into the body, never into the address',
    });
  }
}

function readForm(body: unknown): FormParameters {
  if (!Buffer.isBuffer(body)) throw malformed('no form in the body');
  return parseForm(body);
}

function grantOf(name: string, client: Client): GrantType {
  const grant = grantTypes.get(name);
  if (grant) return grant;
  throw new TokenError('unsupported_grant_type', {
    reason: 'unsupported grant type',
    client: client.id,
  });
}

function malformed(reason: string): TokenError {
  return new TokenError('invalid_request', { reason });
}
