import { randomBytes } from 'node:crypto';

import type { Clock } from '@countersign/token';

import type { Audit } from '../../audit/audit.js';
import type { Account } from './account.js';
import type { AccountStore, AccountWithPassword } from './account-store.js';
import { canonicalAddress } from './canonical-address.js';
import type { KnownPlaces, Place } from './known-places.js';
import type { Passwords } from './passwords.js';
import type { Attempt, SignInThrottle } from './sign-in-throttle.js';

/** What was typed, and where. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly place: Place;
  /** For the audit log. */
  readonly address: string;
  /** The application that somebody wants to log in to. */
  readonly client: string;
}

/** How it ended. */
export type SignInResult =
  /** `device` is the secret that this browser should keep as its device cookie. */
  | { readonly account: Account; readonly device: string }
  /** No such person, a wrong password, or not allowed to log in: nobody is told which. */
  | { readonly refused: 'wrong' }
  /** `wait` in whole seconds. */
  | { readonly refused: 'throttled'; readonly wait: number };

/** What signing in works with. */
export interface SignInDeps {
  readonly accounts: AccountStore;
  readonly passwords: Passwords;
  readonly places: KnownPlaces;
  readonly throttle: SignInThrottle;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
}

/** Longest address that is told apart from others. */
const longestAddress = 254;

/** Lets people in by e-mail and password. */
export class SignIn {
  constructor(private readonly deps: SignInDeps) {}

  /**
   * Tries once. For an address without an account it does the same work, in the same time.
   * @throws ServiceUnavailable (503) when too many passwords wait to be looked at.
   */
  async attempt(credentials: Credentials): Promise<SignInResult> {
    const { accounts, passwords, throttle } = this.deps;
    const typed = credentials.email.trim().toLowerCase().slice(0, longestAddress);
    const found = await accounts.findByEmail(canonicalAddress(typed) ?? '');
    const attempt = await this.attemptOf(typed, found, credentials.place);
    const admission = await throttle.admit(attempt);
    if (!admission.admitted) {
      this.record(credentials, found?.account, 'LOGIN_THROTTLED');
      return { refused: 'throttled', wait: admission.wait };
    }
    const isOpen = found?.account.state === 'active';
    const stored = isOpen ? found.password : undefined;
    const { isRight, isOutdated } = await passwords.check(stored, credentials.password);
    if (!found || !isRight) {
      this.record(credentials, found?.account, 'LOGIN_REFUSED');
      return { refused: 'wrong' };
    }
    if (isOutdated) await this.rehash(found, credentials.password);
    return { account: found.account, device: await this.welcome(found.account, attempt) };
  }

  /** Remembers where somebody has proved to be who they are; answers the secret of the device. */
  async remember(account: Account, { device = newDevice(), network }: Place): Promise<string> {
    const { accounts, places, clock } = this.deps;
    await places.remember(accounts.database, account.id, { device, network }, clock.now());
    return device;
  }

  private async attemptOf(
    email: string,
    found: AccountWithPassword | undefined,
    place: Place,
  ): Promise<Attempt> {
    const { accounts, places, clock } = this.deps;
    const known = await places.find(accounts.database, found?.account.id, place, clock.now());
    return { email, place, known };
  }

  private async welcome(account: Account, attempt: Attempt): Promise<string> {
    await this.deps.throttle.succeeded(this.deps.accounts.database, attempt);
    const { device, network } = attempt.place;
    // The cookie of a device that is not known may be anybody's invention.
    return this.remember(account, { device: attempt.known.device ? device : undefined, network });
  }

  private async rehash({ account, password }: AccountWithPassword, typed: string): Promise<void> {
    const { accounts, passwords } = this.deps;
    await accounts.rehash(account.id, password ?? '', await passwords.hash(typed));
  }

  private record(
    { address, client }: Credentials,
    account: Account | undefined,
    code: string,
  ): void {
    const subject = account?.user;
    const at = this.deps.clock.now();
    this.deps.audit.record({
      at,
      event: 'people.refused',
      client,
      subject,
      address,
      method: 'password',
      code,
    });
  }
}

function newDevice(): string {
  return randomBytes(32).toString('base64url');
}
