import { isWithin, type CallerRef, type Principal, type SubjectRef } from '@countersign/token';

import type { Speaker } from './test-trust.js';

/** As whom a request is made. @internal */
export interface Actor {
  readonly speaker: Speaker;
  /** The client, where an authorization server issues the token. */
  readonly clientId: string;
  /** The user's whole URI; undefined for a service of its own right. */
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
}

/** Where nothing else is said, this client asks. @internal */
export const SOME_CLIENT = 'test-client';

/** Somebody without scopes and without a user. @internal */
export function anActor(speaker: Speaker, clientId = SOME_CLIENT): Actor {
  return { speaker, clientId, subject: undefined, scopes: [] };
}

/** The receiver's name for this caller, if it has one. @internal */
export function nameOf({ speaker, clientId }: Actor): string | undefined {
  const { kind, name, callers } = speaker.entry;
  if (kind === 'service-peer') return name;
  return Object.hasOwn(callers, clientId) ? callers[clientId] : undefined;
}

/** Under which client id the server knows a caller of this name; undefined where it has no such. @internal */
export function clientNamed({ entry }: Speaker, name: string): string | undefined {
  return Object.entries(entry.callers).find(([, known]) => known === name)?.[0];
}

/** Whether the issuer may speak for this user. @internal */
export function speaksFor({ entry }: Speaker, uri: string): boolean {
  return isWithin(uri, entry.subjects);
}

/** Whether the issuer may put this scope into a token. @internal */
export function mayAssert({ entry }: Speaker, scope: string): boolean {
  return entry.mayAssert === 'any' || entry.mayAssert.includes(scope);
}

/** Whom the receiver should see in the actor's token, as far as rules look at it. @internal */
export function principalOf(actor: Actor, audience: string): Principal {
  const { issuer, kind } = actor.speaker.entry;
  const id = kind === 'service-peer' ? issuer : actor.clientId;
  const caller: CallerRef = { kind: 'service', issuer, id, name: nameOf(actor) };
  const subject: SubjectRef | undefined =
    actor.subject === undefined ? undefined : { kind: 'user', issuer, uri: actor.subject };
  const scopes = actor.scopes.filter((scope) => mayAssert(actor.speaker, scope));
  return { caller, subject, scopes, audience: [audience], claims: {}, expiresAt: 0 };
}

/** The actor, for messages. @internal */
export function describeActor(actor: Actor): string {
  const { name } = actor.speaker.entry;
  const client = actor.speaker.entry.kind === 'service-peer' ? '' : ` by way of ${name}`;
  const caller = client ? (nameOf(actor) ?? actor.clientId) : name;
  const user = actor.subject === undefined ? '' : ` for ${actor.subject}`;
  return `${caller}${client}${user} with ${actor.scopes.join(' ') || 'no scope'}`;
}
