/**
 * `invited`: nothing to log in with yet. `disabled`: may not log in, whatever there is. A state is
 * never stored: it follows from what an account has.
 */
export type AccountState = 'invited' | 'active' | 'disabled';

/** Who somebody is at the external OpenID provider. */
export interface ProviderIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** A person who can log in, or could. */
export interface Account {
  readonly id: string;
  /** Canonical URI of a user of Census: the `sub` of tokens. */
  readonly user: string;
  /** In lower case. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly state: AccountState;
  readonly provider: ProviderIdentity | undefined;
  readonly createdAt: Date;
  readonly version: number;
}

/** Columns of `people_accounts`, as `toAccount` reads them. */
export const accountColumns =
  'id, user_uri, email, email_verified, name, disabled, password is not null as has_password, ' +
  'provider_issuer, provider_subject, version, created_at';

/** A row of `people_accounts`, read by `accountColumns`. */
export interface AccountRow {
  readonly id: string;
  readonly user_uri: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string | null;
  readonly disabled: boolean;
  readonly has_password: boolean;
  readonly provider_issuer: string | null;
  readonly provider_subject: string | null;
  readonly version: number;
  readonly created_at: Date;
}

/** Reads a row. */
export function toAccount(row: AccountRow): Account {
  const { provider_issuer: issuer, provider_subject: subject } = row;
  const provider = issuer !== null && subject !== null ? { issuer, subject } : undefined;
  return {
    id: row.id,
    user: row.user_uri,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name ?? undefined,
    state: stateOf(row.disabled, row.has_password || provider !== undefined),
    provider,
    createdAt: row.created_at,
    version: row.version,
  };
}

function stateOf(disabled: boolean, canLogIn: boolean): AccountState {
  if (disabled) return 'disabled';
  return canLogIn ? 'active' : 'invited';
}
