import { createHash } from 'node:crypto';

import { HttpException, Logger } from '@nestjs/common';
import { seal, unseal, type SharedSecrets } from '@countersign/runtime';
import type { Clock } from '@countersign/token';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { AuditStore } from '../../audit/audit-store.js';
import type { Account } from '../accounts/account.js';
import type { AccountStore } from '../accounts/account-store.js';
import { canonicalAddress } from '../accounts/canonical-address.js';
import type { InteractionDetails, Interactions } from '../interactions.js';
import type { Cookies } from '../pages/cookies.js';
import { addCookie, senderOf, type PageDesk } from '../pages/page-desk.js';
import {
  ProviderRefused,
  type ExternalProvider,
  type PendingLogin,
  type ProvenPerson,
} from './external-provider.js';

/** What it works with. */
export interface ExternalLoginDeps {
  readonly provider: ExternalProvider;
  readonly accounts: AccountStore;
  readonly interactions: Interactions;
  readonly audit: Pick<AuditStore, 'write'>;
  readonly secrets: Pick<SharedSecrets, 'derive'>;
  readonly cookies: Cookies;
  readonly desk: PageDesk;
  readonly clock: Clock;
}

/** Sealed into a cookie while somebody is at the provider. */
interface Away extends PendingLogin {
  readonly uid: string;
  readonly until: number;
}

/** Sealed into a cookie of the interaction: who came back, or that nobody did. */
interface Ticket {
  readonly uid: string;
  readonly account: string | undefined;
  readonly until: number;
}

/** Seconds that somebody may be at the provider. */
const awayTime = 900;
/** Seconds from coming back to the next request, which the browser makes by itself. */
const ticketTime = 60;

/**
 * Logs people in by an external OpenID provider. Who leaves and who comes back are the same browser:
 * what is remembered in between is in a sealed cookie of it. The interaction itself is bound to a
 * cookie of its own address, so whoever comes back is sent there to go on.
 */
export class ExternalLogin {
  private readonly logger = new Logger('ExternalLogin');
  readonly #keys: readonly [Buffer, ...Buffer[]];

  constructor(private readonly deps: ExternalLoginDeps) {
    this.#keys = deps.secrets.derive('external login of people');
  }

  /** Sends somebody to the provider. */
  async begin(
    _request: FastifyRequest,
    reply: FastifyReply,
    { uid, loginHint }: InteractionDetails,
  ): Promise<void> {
    const { provider, clock } = this.deps;
    const { url, pending } = await provider.begin(slotOf(uid), loginHint);
    const away: Away = { ...pending, uid, until: clock.now() + awayTime };
    this.put(reply, awayName(pending.state), this.awayPath, away, awayTime);
    redirect(reply, url.href);
  }

  /** Takes somebody back who comes from the provider. */
  async comeBack(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { provider, clock, desk } = this.deps;
    const { url = '' } = request.raw;
    const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
    const name = awayName(new URLSearchParams(query).get('state') ?? '');
    const away = this.take<Away>(request, name, this.awayPath);
    if (!away) throw new HttpException('nobody left for the provider here', 400);
    this.drop(reply, name, this.awayPath);
    const account = await this.accountOf(request, () => provider.finish(query, away));
    if (account === 'unknown') return this.showUnknown(reply);
    const ticket = { uid: away.uid, account: account?.user, until: clock.now() + ticketTime };
    const path = this.interactionPath(away.uid);
    this.put(reply, 'came-back', path, ticket, ticketTime);
    redirect(reply, `${desk.address(`people/interaction/${away.uid}`)}/external`);
  }

  /** Goes on with the interaction that somebody left. */
  async goOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { interactions } = this.deps;
    const { uid } = await interactions.details(request);
    const path = this.interactionPath(uid);
    const ticket = this.take<Ticket>(request, 'came-back', path);
    if (ticket?.uid !== uid) throw new HttpException('nobody came back here', 400);
    this.drop(reply, 'came-back', path);
    const { account: subject } = ticket;
    const result =
      subject === undefined ? { error: 'access_denied' as const } : { login: { subject } };
    await interactions.finish(request, reply, result);
  }

  /** Undefined for who changed their mind; `unknown` for who has no account here. */
  private async accountOf(
    request: FastifyRequest,
    prove: () => Promise<ProvenPerson>,
  ): Promise<Account | 'unknown' | undefined> {
    try {
      return (await this.find(await prove(), senderOf(request))) ?? 'unknown';
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      if (error.code === 'access_denied') return undefined;
      this.logger.warn({ event: 'people.provider-refused', code: error.code, err: error.cause });
      throw new HttpException('the provider sent no login', 400);
    }
  }

  private async find(
    { issuer, subject, verifiedEmail }: ProvenPerson,
    address: string,
  ): Promise<Account | undefined> {
    const { accounts } = this.deps;
    const known = await accounts.findByProvider({ issuer, subject });
    if (known) return known.state === 'active' ? known : undefined;
    const email = canonicalAddress(verifiedEmail ?? '');
    const invited = email === undefined ? undefined : await accounts.findByEmail(email);
    if (invited?.account.state !== 'invited') return undefined;
    return accounts.database.transaction(async (tx) => {
      const bound = await accounts.bind(tx, invited.account.id, { issuer, subject });
      if (!bound) return undefined;
      const event = { event: 'people.bound', subject: bound.user, actor: bound.user, address };
      const at = this.deps.clock.now();
      await this.deps.audit.write(tx, { at, ...event, detail: { issuer, subject } });
      return bound;
    });
  }

  private showUnknown(reply: FastifyReply): void {
    const { name } = this.deps.provider.settings;
    this.deps.desk.send(reply, 403, 'message', {
      title: 'You have no account here',
      paragraphs: [
        `You are logged in at ${name}, but nobody has let you in here, or not under an address that ${name} has verified.`,
        'Ask whoever runs the application you came from.',
      ],
    });
  }

  private get awayPath(): string {
    return this.deps.desk.address('people/external');
  }

  private interactionPath(uid: string): string {
    return this.deps.desk.address(`people/interaction/${uid}`);
  }

  private put(
    reply: FastifyReply,
    name: string,
    path: string,
    value: Away | Ticket,
    maxAge: number,
  ): void {
    const sealed = seal(this.#keys[0], name, JSON.stringify(value));
    addCookie(reply, this.deps.cookies.write(name, sealed, { path, maxAge }));
  }

  private drop(reply: FastifyReply, name: string, path: string): void {
    addCookie(reply, this.deps.cookies.write(name, '', { path, maxAge: 0 }));
  }

  private take<Value extends Away | Ticket>(
    request: FastifyRequest,
    name: string,
    path: string,
  ): Value | undefined {
    const { cookies, clock } = this.deps;
    const sealed = cookies.read(request.headers.cookie, name, { path });
    for (const key of sealed === undefined ? [] : this.#keys) {
      try {
        const value = JSON.parse(unseal(key, name, sealed ?? '')) as Value;
        return value.until > clock.now() ? value : undefined;
      } catch {
        // Sealed with the key before, or by nobody.
      }
    }
    return undefined;
  }
}

/** One of sixteen cookies: what was left again and again must not fill the header of who comes back. */
function awayName(state: string): string {
  return `away-${/^[0-9a-f]/.exec(state)?.[0] ?? ''}`;
}

/** A hexadecimal digit; the same for each attempt of one interaction. */
function slotOf(uid: string): string {
  return createHash('sha256').update(uid).digest('hex').slice(0, 1);
}

function redirect(reply: FastifyReply, to: string): void {
  const headers = { location: to, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  void reply.code(303).headers(headers).send();
}
