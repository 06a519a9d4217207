/** What an application may be told of a person (OpenID Connect Core section 5.1). */
export interface PersonClaims {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | undefined;
}

/** Who people are. */
export interface PeopleAccounts {
  /**
   * What is known of the person of this URI. Undefined for nobody and for one who may not log in any
   * more: whatever was issued about that one is refused from then on. Asked wherever it matters, so
   * it should be one look into an index. Rejects when the database does.
   */
  find(subject: string): Promise<PersonClaims | undefined>;
}

/** Provider token of `PeopleAccounts`. */
export const PEOPLE_ACCOUNTS = Symbol('auth-server:people-accounts');
