import { ruleForIssuer, type ProtectedRule } from '@countersign/token';

import { mayAssert, nameOf, speaksFor, type Actor } from './actor.js';
import type { Alternative } from './alternatives.js';
import type { Speaker } from './test-trust.js';

/** Among whom actors are sought. @internal */
export interface Cast {
  readonly speakers: readonly Speaker[];
  /** Whole URI of the user whom actors speak for, wherever their issuer may. */
  readonly subject: string | undefined;
  readonly publicUrl: string | undefined;
  /** The client that asks an authorization server, where a rule names none. */
  readonly client: string;
}

/** Everybody trusted who satisfies one way of a rule, each with just what it takes. @internal */
export function actorsFor(way: Alternative, rule: ProtectedRule, cast: Cast): readonly Actor[] {
  return cast.speakers
    .filter((speaker) => canProve(speaker, rule, cast))
    .flatMap((speaker) => actorsOf(speaker, way, cast));
}

/** Everybody trusted whom this way of a rule does not name, with all else that it asks for. @internal */
export function strangersTo(way: Alternative, rule: ProtectedRule, cast: Cast): readonly Actor[] {
  const { callers } = way;
  if (callers === undefined) return [];
  const scopes = [...way.scopes, ...way.oneOf.flatMap(([first]) => first ?? [])];
  return actorsFor({ ...way, callers: undefined, scopes: [], oneOf: [] }, rule, cast)
    .filter((actor) => !callers.includes(nameOf(actor) ?? ''))
    .map((actor) => ({ ...actor, scopes }));
}

/** The user whom the issuer is made to speak for; undefined where it may speak for nobody. @internal */
export function userOf(speaker: Speaker, { subject }: Cast): string | undefined {
  if (subject !== undefined && speaksFor(speaker, subject)) return subject;
  const [prefix] = speaker.entry.subjects;
  return prefix === undefined ? undefined : `${prefix}1/`;
}

/** Whether tokens of this issuer have to be bound to their sender here. @internal */
export function isConstrained({ entry }: Speaker, rule: ProtectedRule): boolean {
  return rule.senderConstrained === true || entry.senderConstrained === 'required';
}

function canProve(speaker: Speaker, rule: ProtectedRule, { publicUrl }: Cast): boolean {
  const { entry } = speaker;
  const { bound } = ruleForIssuer(rule, entry);
  // A server has not seen the request that its token goes with.
  if (bound !== undefined && entry.kind !== 'service-peer') return false;
  if (bound === 'request' && publicUrl === undefined) return false;
  if (!isConstrained(speaker, rule)) return true;
  return entry.carrier === 'Bearer' && publicUrl !== undefined;
}

function actorsOf(speaker: Speaker, way: Alternative, cast: Cast): readonly Actor[] {
  const scopes = scopesFor(speaker, way);
  const subject = way.subject === 'user' ? userOf(speaker, cast) : undefined;
  if (scopes === undefined || (way.subject === 'user' && subject === undefined)) return [];
  return clientsOf(speaker, way, cast).map((clientId) => ({ speaker, clientId, subject, scopes }));
}

function scopesFor(speaker: Speaker, way: Alternative): readonly string[] | undefined {
  const chosen = way.oneOf.map((names) => names.find((name) => mayAssert(speaker, name)));
  const scopes = [...way.scopes, ...chosen];
  const isPossible = (scope: string | undefined): scope is string =>
    scope !== undefined && mayAssert(speaker, scope);
  return scopes.every(isPossible) ? [...new Set(scopes)] : undefined;
}

/** A service that signs its own tokens is its own client. */
function clientsOf(
  { entry }: Speaker,
  { callers }: Alternative,
  { client }: Cast,
): readonly string[] {
  if (callers === undefined) return [client];
  if (entry.kind === 'service-peer') return callers.includes(entry.name) ? [client] : [];
  return Object.entries(entry.callers)
    .filter(([, name]) => callers.includes(name))
    .map(([clientId]) => clientId);
}
