import type { Session } from '@countersign/storage';

import type { PeopleRecords } from './engine/people-records.js';

/** Where people are logged in. */
export class PeopleSessions {
  constructor(private readonly records: PeopleRecords) {}

  /**
   * Logs a person out everywhere: every session, consent, code and refresh token is gone, and no access
   * token of that one is exchanged any more. Joins the transaction, if it is told of one.
   */
  async endAll(subject: string, tx?: Session): Promise<void> {
    await this.records.endAll(subject, tx);
  }
}
