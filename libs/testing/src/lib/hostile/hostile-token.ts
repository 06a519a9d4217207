/**
 * The common form of the hostile tables: one row is one way to deceive a verifier, and the code it
 * must be refused with. Rows are made anew for each run, with the keys of the issuers at hand.
 */
import type { AccessErrorCode } from '@countersign/token';

import { aToken } from '../a-token.js';
import type { TokenBuilder } from '../a-token.js';
import type { TestIssuer } from '../create-test-issuer.js';

/** The world in which hostile tokens are made: all trusted by the verifier under test. @publicApi */
export interface HostileContext {
  /** An authorization server with ES256 that may speak for `subject`. */
  readonly server: TestIssuer;
  /** A service peer with ES256, not legacy, that may speak for `subject`. */
  readonly peer: TestIssuer;
  /** The `aud` that the verifier's rule asks for. */
  readonly audience: string;
  /** A user: a canonical URI with at least one path segment below the trusted prefix. */
  readonly subject: string;
}

/** Which stage has to refuse; those before it let the token pass. @publicApi */
export type RefusingStage = 'verify' | 'principal' | 'rule';

/** One hostile token. @publicApi */
export interface HostileToken {
  readonly name: string;
  readonly code: AccessErrorCode;
  readonly stage: RefusingStage;
  /** In whose carrier it is to be presented. */
  readonly by: 'server' | 'peer';
  make(context: HostileContext): string;
}

/** One row of a table, before it is known which issuer and stage it is about. @internal */
export type HostileRow = readonly [
  name: string,
  code: AccessErrorCode,
  make: (context: HostileContext) => string,
];

/** Makes rows into hostile tokens. @internal */
export function hostileTable(
  by: HostileToken['by'],
  stage: RefusingStage,
  rows: readonly HostileRow[],
): readonly HostileToken[] {
  return rows.map(([name, code, make]) => Object.freeze({ name, code, stage, by, make }));
}

/** A token of the authorization server that is good in every respect. @internal */
export function goodAccessToken({ server, audience, subject }: HostileContext): TokenBuilder {
  return aToken().from(server).to(audience).onBehalfOf(subject).scopes('users:read');
}

/** A token of the service peer that is good in every respect. @internal */
export function goodServiceToken({ peer, audience, subject }: HostileContext): TokenBuilder {
  return aToken().from(peer).to(audience).onBehalfOf(subject).scopes('users:read');
}
