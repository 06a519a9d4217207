import type { Session } from '@countersign/storage';

/** What accounts need of the sessions of people; the engine has them. */
export interface PersonSessions {
  /** Ends every session, grant and refresh token of a person, in the same transaction. */
  endAll(user: string, tx: Session): Promise<void>;
}

/** Injection token of it. */
export const PERSON_SESSIONS = Symbol('people:sessions');
