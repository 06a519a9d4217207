import { Body, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { Scopes } from '@countersign/auth';
import { compromiseKept, ProblemException } from '@countersign/runtime';
import { parseToken, type Clock } from '@countersign/token';
import { z } from 'zod';

import { KeyCommands } from '../../keys/key-commands.js';
import { longestLifetime } from '../../registry/longest-lifetime.js';
import type { Actor } from '../../registry/registry-store.js';
import type { Revocation } from '../../status/revocation.js';
import { RevocationList } from '../../status/revocation-list.js';
import { RevocationStore, type TokenToRevoke } from '../../status/revocation-store.js';
import { By } from '../actor.js';
import { ADMIN_CLOCK, ADMIN_ISSUER } from '../admin.constants.js';
import { AdminController } from '../admin-controller.decorator.js';
import { invalidMembers } from '../http/admin-validation.pipe.js';
import { pageOf, pageQuery, pageRequest, type Page } from '../http/paging.js';

const instant = z.iso.datetime({
  offset: true,
  error: 'must be a time such as 2027-01-31T12:00:00Z',
});
const value = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^\P{Cc}+$/u, 'must be one line');

const before = instant.optional().describe('What was issued before then; now, if that is earlier.');

const revocation = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('token'),
    token: z.string().max(16_384).optional().describe('The token itself.'),
    jti: value.optional().describe('Its id, if the token itself is not at hand.'),
    expires: instant.optional().describe('With jti: its `exp`.'),
  }),
  z.strictObject({ kind: z.literal('client'), client: value, before }),
  z.strictObject({ kind: z.literal('subject'), subject: value, before }),
  z.strictObject({ kind: z.literal('key'), kid: value }),
]);
type RevocationRequest = z.output<typeof revocation>;

/** `/admin/revocations`: tokens that were issued and are to be refused. */
@AdminController('revocations')
export class RevocationsController {
  constructor(
    @Inject(RevocationStore) private readonly store: RevocationStore,
    @Inject(RevocationList) private readonly known: RevocationList,
    @Inject(KeyCommands) private readonly keys: KeyCommands,
    @Inject(ADMIN_ISSUER) private readonly issuer: string,
    @Inject(ADMIN_CLOCK) private readonly clock: Clock,
  ) {}

  /** What is revoked, as this process knows it, oldest first. */
  @Get()
  @Scopes('admin:read')
  list(@Query({ schema: pageQuery }) query: z.output<typeof pageQuery>): Page<object> {
    const { limit, after = '0' } = pageRequest(query);
    if (!/^\d{1,15}$/.test(after)) {
      throw invalidMembers([{ pointer: '/after', detail: 'is no cursor of this list' }]);
    }
    const revocations = this.known.after(Number(after), limit + 1).map(shown);
    return pageOf(revocations, limit, ({ version }) => String(version));
  }

  /**
   * Revokes one token, or what was issued to a client or about a subject until now, or a key that
   * this server holds no longer.
   */
  @Post()
  @Scopes('admin:write')
  async add(
    @Body({ schema: revocation }) request: RevocationRequest,
    @By() { name: client, address }: Actor,
  ): Promise<object> {
    await this.revoke(request, { client, address });
    return { revoked: request.kind };
  }

  /**
   * Lets every guard read all revocations again. For a database that was restored while no replica
   * ran: its versions count again from where the backup was made, and nobody could notice.
   */
  @Post('restart')
  @HttpCode(200)
  @Scopes('admin:write')
  async restart(@By() { name: client, address }: Actor): Promise<object> {
    await this.store.startOver({ client, address });
    return { restarted: true };
  }

  private async revoke(
    request: RevocationRequest,
    by: { readonly client: string; readonly address: string | undefined },
  ): Promise<void> {
    switch (request.kind) {
      case 'token':
        return this.store.revokeToken(this.tokenOf(request), by);
      case 'client':
        return this.store.revokeClient(request.client, by, secondsOf(request.before));
      case 'subject':
        return this.store.revokeSubject(request.subject, by, secondsOf(request.before));
      case 'key':
        await this.refuseLiveKey(request.kid);
        return this.store.revokeKey(request.kid, this.clock.now() + compromiseKept, by);
    }
  }

  /** It would go on signing what everybody refuses, this API too: only the ring can replace a key. */
  private async refuseLiveKey(kid: string): Promise<void> {
    const { rings } = await this.keys.status();
    const isLive = rings.some(({ keys }) =>
      keys.some((key) => key.kid === kid && key.state !== 'retired'),
    );
    if (!isLive) return;
    const detail =
      'This key is in use: an emergency of the keys replaces it, and revokes it with that';
    throw new ProblemException(409, { code: 'KEY_IN_USE', detail });
  }

  private tokenOf(request: Extract<RevocationRequest, { kind: 'token' }>): TokenToRevoke {
    const { token, jti, expires } = request;
    if (token === undefined) {
      if (jti === undefined || expires === undefined) {
        throw invalidMembers([{ pointer: '', detail: 'needs token, or jti and expires' }]);
      }
      return { jti, expiresAt: this.bounded(secondsOf(expires)) };
    }
    const claims = claimsOf(token);
    const { jti: id, exp, iss, client_id: clientId, sub } = claims;
    if (typeof id !== 'string' || typeof exp !== 'number' || iss !== this.issuer) {
      throw invalidMembers([{ pointer: '/token', detail: 'is no token of this server' }]);
    }
    return {
      jti: id,
      expiresAt: this.bounded(exp),
      ...(typeof clientId === 'string' ? { clientId } : {}),
      ...(typeof sub === 'string' && sub !== clientId ? { subject: sub } : {}),
    };
  }

  /** Nobody makes us remember for longer than any token lives. */
  private bounded(expiresAt: number): number {
    return Math.min(expiresAt, this.clock.now() + longestLifetime);
  }
}

function secondsOf(time: string): number;
function secondsOf(time: string | undefined): number | undefined;
function secondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

/** Its claims, unverified: an administrator could name any id as well. */
function claimsOf(token: string) {
  try {
    return parseToken(token).claims;
  } catch {
    throw invalidMembers([{ pointer: '/token', detail: 'is no token of this server' }]);
  }
}

interface ShownRevocation {
  readonly version: number;
  readonly kind: Revocation['kind'];
  readonly value: string;
  readonly before?: string;
  readonly expires: string;
}

function shown(revocation: Revocation): ShownRevocation {
  const { version, kind, value, expiresAt } = revocation;
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    version,
    kind,
    value,
    ...('before' in revocation ? { before: time(revocation.before) } : {}),
    expires: time(expiresAt),
  };
}
