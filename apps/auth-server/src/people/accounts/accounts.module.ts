/** People's accounts, the pages on which they log in, their mails, and an external provider instead. */
import {
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { CountersignClientsModule } from '@countersign/auth';
import { DATABASE, SharedSecrets, SigningKeys } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { AuditStore } from '../../audit/audit-store.js';
import { Audit } from '../../audit/audit.js';
import { RateLimit } from '../../token/limits/rate-limit.js';
import { ExternalController } from '../external/external.controller.js';
import { ExternalLogin } from '../external/external-login.js';
import { ExternalProvider, type ProviderSettings } from '../external/external-provider.js';
import { Interactions } from '../interactions.js';
import { HeraldSender, heraldScopes } from '../mail/herald-sender.js';
import { ownTokens } from '../mail/herald-tokens.js';
import { PeopleMail } from '../mail/people-mail.js';
import { Cookies } from '../pages/cookies.js';
import { RenderedPages } from '../pages/engine-pages.js';
import { FormTokens } from '../pages/form-tokens.js';
import { InteractionController } from '../pages/interaction.controller.js';
import { PageDesk } from '../pages/page-desk.js';
import { PasswordController, RESET_LIMIT } from '../pages/password.controller.js';
import { Renderer } from '../pages/render.js';
import { PEOPLE_ACCOUNTS } from '../people-accounts.js';
import { PEOPLE_PAGES } from '../people-pages.js';
import { PeopleSessions } from '../people-sessions.js';
import { AccountStore } from './account-store.js';
import { KnownPlaces } from './known-places.js';
import { Links, type LinkLifetimes } from './links.js';
import { LoginAccounts } from './login-accounts.js';
import { NewPasswords } from './new-passwords.js';
import { Passwords } from './passwords.js';
import { applyPeopleFile } from './people-file.js';
import { PersonChanges } from './person-changes.js';
import { PERSON_SESSIONS, type PersonSessions } from './person-sessions.js';
import { SignIn } from './sign-in.js';
import { SignInThrottle, type ThrottleSettings } from './sign-in-throttle.js';

/** How accounts are kept. */
export interface AccountsOptions {
  /** This server's URL, with its final slash. */
  readonly publicUrl: string;
  /** Prefixes of people who may log in. */
  readonly subjects: readonly string[];
  /** A file of accounts that are made at the start. */
  readonly file: string | undefined;
  /** Herald, which sends the mails. */
  readonly heraldUrl: string;
  readonly links: LinkLifetimes;
  readonly throttle: ThrottleSettings;
  /** Links to reset a password that one network may ask for in a minute; 0 for no limit. */
  readonly resetsPerMinute: number;
  /** Logs people in instead of passwords. */
  readonly provider: ProviderSettings | undefined;
  readonly clock: Clock;
}

const HERALD = 'herald';
/** Networks that the limit of resets remembers. */
const maxEntries = 50_000;

/** Sends what is due while the app runs. */
class MailLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly mail: PeopleMail) {}

  onApplicationBootstrap(): void {
    this.mail.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.mail.stop();
  }
}

/**
 * Everything of people but the engine of their login. Needs the database with `accountsMigrations`, the
 * audit log, the signing keys, and what `PeopleModule` exports.
 */
@Module({})
export class AccountsModule {
  static forRoot(options: AccountsOptions): DynamicModule {
    return {
      module: AccountsModule,
      imports: [heraldClient(options)],
      controllers: [
        InteractionController,
        ...(options.provider ? [ExternalController] : [PasswordController]),
      ],
      providers: [
        ...accountsOf(options),
        changesOf(options),
        ...passwordsOf(options),
        newPasswordsOf(options),
        ...mailOf(options),
        ...pagesOf(options),
        ...(options.provider ? externalOf(options, options.provider) : []),
      ],
      exports: [AccountStore, PersonChanges, PEOPLE_ACCOUNTS, PEOPLE_PAGES],
    };
  }
}

function heraldClient({ publicUrl, heraldUrl, clock }: AccountsOptions): DynamicModule {
  return CountersignClientsModule.forRootAsync({
    names: [HERALD],
    inject: [SigningKeys],
    useFactory: (keys: SigningKeys) => ({
      [HERALD]: {
        url: heraldUrl,
        scopes: heraldScopes,
        source: ownTokens({ issuer: publicUrl.slice(0, -1), keys, clock }),
        timeout: '10s' as const,
      },
    }),
  });
}

function accountsOf({ subjects, file, links, clock }: AccountsOptions): Provider[] {
  return [
    {
      provide: AccountStore,
      inject: [DATABASE],
      useFactory: (database: Database) => new AccountStore(database),
    },
    {
      // With the accounts of the file: nobody asks for passwords before they are there.
      provide: Passwords,
      inject: [AccountStore],
      useFactory: async (accounts: AccountStore) => {
        const passwords = await Passwords.create();
        if (file !== undefined) {
          await applyPeopleFile({ path: file, accounts, passwords, subjects });
        }
        return passwords;
      },
    },
    { provide: PEOPLE_ACCOUNTS, inject: [AccountStore], useFactory: loginAccounts },
    { provide: PERSON_SESSIONS, useExisting: PeopleSessions },
    {
      provide: Links,
      inject: [SharedSecrets],
      useFactory: (secrets: SharedSecrets) => new Links(secrets, links, clock),
    },
    KnownPlaces,
  ];
}

function changesOf({ subjects, provider, clock }: AccountsOptions): Provider {
  return {
    provide: PersonChanges,
    inject: [AccountStore, Links, PERSON_SESSIONS, AuditStore, PeopleMail],
    useFactory: (
      accounts: AccountStore,
      made: Links,
      sessions: PersonSessions,
      audit: AuditStore,
      mail: PeopleMail,
    ) =>
      new PersonChanges({
        ...{ accounts, links: made, sessions, audit, clock, subjects },
        invites: provider === undefined,
        onMail: () => mail.wake(),
      }),
  };
}

function loginAccounts(accounts: AccountStore): LoginAccounts {
  return new LoginAccounts(accounts);
}

function passwordsOf({ throttle, clock, resetsPerMinute }: AccountsOptions): Provider[] {
  return [
    {
      provide: SignIn,
      inject: [AccountStore, Passwords, KnownPlaces, DATABASE, Audit],
      useFactory: (
        accounts: AccountStore,
        passwords: Passwords,
        places: KnownPlaces,
        database: Database,
        audit: Audit,
      ) =>
        new SignIn({
          ...{ accounts, passwords, places, audit, clock },
          throttle: new SignInThrottle(database, clock, throttle),
        }),
    },
    {
      provide: RESET_LIMIT,
      useFactory: () => new RateLimit({ perMinute: resetsPerMinute, maxEntries, clock }),
    },
  ];
}

function newPasswordsOf({ clock }: AccountsOptions): Provider {
  return {
    provide: NewPasswords,
    inject: [AccountStore, Passwords, Links, KnownPlaces, PERSON_SESSIONS, AuditStore, PeopleMail],
    useFactory: (
      accounts: AccountStore,
      passwords: Passwords,
      links: Links,
      places: KnownPlaces,
      sessions: PersonSessions,
      audit: AuditStore,
      mail: PeopleMail,
    ) =>
      new NewPasswords({
        ...{ accounts, passwords, links, places, sessions, audit, clock },
        onMail: () => mail.wake(),
      }),
  };
}

function mailOf({ publicUrl, clock }: AccountsOptions): Provider[] {
  return [
    HeraldSender,
    {
      provide: PeopleMail,
      inject: [AccountStore, Links, HeraldSender],
      useFactory: (accounts: AccountStore, links: Links, sender: HeraldSender) =>
        new PeopleMail({ accounts, links, sender, clock, publicUrl }),
    },
    {
      provide: MailLifecycle,
      inject: [PeopleMail],
      useFactory: (mail: PeopleMail) => new MailLifecycle(mail),
    },
  ];
}

function pagesOf({ publicUrl }: AccountsOptions): Provider[] {
  const { host, pathname: base } = new URL(publicUrl);
  const renderer = new Renderer(host);
  const cookies = new Cookies(publicUrl);
  return [
    { provide: PEOPLE_PAGES, useFactory: () => new RenderedPages(renderer) },
    { provide: Cookies, useValue: cookies },
    {
      provide: PageDesk,
      inject: [SharedSecrets],
      useFactory: (secrets: SharedSecrets) =>
        new PageDesk({ renderer, tokens: new FormTokens(secrets), cookies, base }),
    },
  ];
}

function externalOf({ publicUrl, clock }: AccountsOptions, settings: ProviderSettings): Provider[] {
  const provider = new ExternalProvider(settings, `${publicUrl}people/external/callback`);
  return [
    {
      provide: ExternalLogin,
      inject: [AccountStore, Interactions, AuditStore, SharedSecrets, Cookies, PageDesk],
      useFactory: (
        accounts: AccountStore,
        interactions: Interactions,
        audit: AuditStore,
        secrets: SharedSecrets,
        cookies: Cookies,
        desk: PageDesk,
      ) =>
        new ExternalLogin({
          ...{ provider, accounts, interactions, audit, secrets, cookies, desk, clock },
        }),
    },
  ];
}
