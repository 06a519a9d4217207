/**
 * People's access tokens where they come back: to be exchanged, and to ask who somebody is. Verified by
 * the one verifier; and what they came from has to be there still, which the database is asked.
 */
import type { SigningKeys } from '@countersign/runtime';
import {
  assertionIssuer,
  tokenProfiles,
  verifyJwt,
  type Clock,
  type JsonObject,
  type TrustedIssuer,
  type VerifiedToken,
} from '@countersign/token';

import { refuseRevoked } from '../status/own-issuer.js';
import type { Revocations } from '../status/revocations.js';
import { clockTolerance, maxTokenBytes } from '../token/assertions/limits.js';
import type { OwnPeople } from '../token/assertions/own-people.js';
import type { PeopleRecords, RecordPayload } from './engine/people-records.js';
import type { PeopleAccounts } from './people-accounts.js';

/** What people's tokens are verified with. */
export interface PeopleTokensDeps {
  readonly issuer: string;
  /** Prefixes of people who may log in. */
  readonly subjects: readonly string[];
  /** Seconds that a token lives at most. */
  readonly lifetime: number;
  readonly keys: SigningKeys;
  readonly records: PeopleRecords;
  readonly accounts: PeopleAccounts;
  readonly revocations: Revocations;
  readonly clock: Clock;
}

/** Trust in people's access tokens. */
export class PeopleTokens implements OwnPeople {
  readonly party: TrustedIssuer;

  constructor(private readonly deps: PeopleTokensDeps) {
    const { issuer, keys, lifetime } = deps;
    const made = assertionIssuer({
      name: 'people',
      issuer,
      profile: tokenProfiles.accessToken,
      algorithms: ['ES256'],
      keys: keys.keyStore,
      maxLifetime: '24h',
    });
    const check = (token: VerifiedToken) => this.refuseTakenBack(token);
    this.party = Object.freeze({ ...made, maxLifetime: lifetime, revocation: { check } });
  }

  get issuer(): string {
    return this.deps.issuer;
  }

  get subjects(): readonly string[] {
    return this.deps.subjects;
  }

  /** Rejects with AccessError for a token whose login has ended, by whichever replica. */
  async refuseEnded({ claims }: VerifiedToken): Promise<void> {
    const { records, accounts, clock } = this.deps;
    const subject = textOf(claims, 'sub') ?? refuse();
    const [grant, session] = await Promise.all([
      records.find('Grant', textOf(claims, 'grant_id') ?? ''),
      records.findSession(textOf(claims, 'session_id') ?? ''),
    ]);
    const isLive = (record: RecordPayload | undefined) =>
      record?.['accountId'] === subject && Number(record['exp']) > clock.now();
    if (!isLive(grant) || !isLive(session)) refuse();
    if (grant?.['clientId'] !== textOf(claims, 'client_id')) refuse();
    if ((await accounts.find(subject)) === undefined) refuse();
  }

  /** A token that still holds. Rejects with AccessError. */
  async verify(token: string): Promise<VerifiedToken> {
    const { clock } = this.deps;
    const verified = await verifyJwt(token, {
      issuerOf: ({ iss }) => (iss === this.issuer ? this.party : undefined),
      clock,
      clockTolerance,
      maxTokenBytes,
    });
    await this.refuseEnded(verified);
    return verified;
  }

  /** What an administrator revoked about a person or an application counts here, too. */
  private refuseTakenBack({ claims, kid, issuedAt = 0 }: VerifiedToken): void {
    const client = textOf(claims, 'client_id');
    const isRevoked = this.deps.revocations.isRevoked({
      jti: textOf(claims, 'jti'),
      kid,
      clients: client === undefined ? [] : [client],
      subject: textOf(claims, 'sub'),
      issuedAt,
    });
    if (isRevoked) refuse();
  }
}

function textOf(claims: JsonObject, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
}

function refuse(): never {
  return refuseRevoked('a login that has not ended');
}
