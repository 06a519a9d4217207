/**
 * What a verified token says about the one it is about, whoever signed it. Knows no key: everything
 * here has been verified, and nothing is decided yet.
 */
import { parseScope, type Json, type JsonObject } from '@countersign/token';

import type { Client, Issuer } from '../../registry/registry.js';
import { isAnyNamedBy, readActors, type Actor } from '../grants/actor.js';
import { isLive } from '../grants/granted-service.js';
import { mayName } from '../grants/may-name.js';
import type { Confirmation } from '../sender/confirmation.js';
import { UnfitToken } from './unfit-token.js';

/** A token that somebody wants to exchange, as far as we believe it. */
export interface SubjectToken {
  /** A user, or the id of a client. */
  readonly subject: string;
  /** The one audience it is meant for. */
  readonly audience: string;
  /** The client it was issued to, by its id. */
  readonly issuedTo: string | undefined;
  /** What it is worth at its own audience. */
  readonly scopes: readonly string[];
  /** What a token made from it may be worth anywhere; undefined sets no bound. */
  readonly worth: readonly string[] | undefined;
  /** Who acts for the subject already, outermost first. */
  readonly actors: Actor | undefined;
  /** The only one who may act for the subject, if it says so (RFC 8693 section 4.4). */
  readonly mayAct: MayAct | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** What it is bound to; its sender has shown to hold that. */
  readonly boundTo?: Confirmation | undefined;
}

/** Who may act: a name, and under whose names it has its meaning. */
export interface MayAct {
  readonly sub: string;
  readonly iss: string | undefined;
}

/** Claims of a verified token, and when it ends. */
export interface VerifiedClaims {
  readonly claims: JsonObject;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Reads an access token of our own. Throws UnfitToken for claims of another form. */
export function ofOwnToken({ claims, expiresAt }: VerifiedClaims): SubjectToken {
  return {
    subject: textOf(claims, 'sub'),
    audience: audienceOf(claims),
    issuedTo: textOf(claims, 'client_id'),
    scopes: scopesOf(claims),
    worth: undefined,
    actors: readActors(claims['act'], undefined),
    mayAct: readMayAct(claims['may_act']),
    expiresAt,
  };
}

/**
 * Reads a token that a client signed itself. It may name users within its grant for the audience,
 * and is then their first actor. Throws UnfitToken for a chain of its own making, for another user,
 * and when it has no such grant.
 */
export function ofServiceToken(
  { claims, expiresAt }: VerifiedClaims,
  signer: Client,
  now: number,
): SubjectToken {
  if (claims['act'] !== undefined)
    throw new UnfitToken('act in a token that a client signed itself');
  const audience = audienceOf(claims);
  const grant = signer.grants.get(audience);
  if (!grant || !isLive(grant, now)) throw new UnfitToken('its signer may not call this audience');
  const sub = textOf(claims, 'sub');
  const isItself = sub === claims['iss'] || sub === signer.id;
  if (!isItself && !mayName(sub, grant.subjects)) {
    throw new UnfitToken('its signer may not speak for this subject');
  }
  return {
    subject: isItself ? signer.id : sub,
    audience,
    issuedTo: signer.id,
    scopes: grant.scopes.filter((scope) => scopesOf(claims).includes(scope)),
    worth: undefined,
    actors: isItself ? undefined : { sub: signer.id },
    mayAct: readMayAct(claims['may_act']),
    expiresAt,
  };
}

/**
 * Reads a token of a person by a trusted issuer. Throws UnfitToken for a subject the issuer may not
 * speak for, and for an actor that it names in the name of `ourselves`: our own tokens alone say which
 * clients of ours act.
 */
export function ofPersonsToken(
  { claims, expiresAt }: VerifiedClaims,
  { issuer, subjects, scopes }: Issuer,
  ourselves: string,
): SubjectToken {
  const subject = textOf(claims, 'sub');
  if (!mayName(subject, subjects))
    throw new UnfitToken('its issuer may not speak for this subject');
  const actors = readActors(claims['act'], issuer);
  if (isAnyNamedBy(ourselves, actors)) throw new UnfitToken('an actor in the name of this server');
  const issuedTo = claims['client_id'] ?? claims['azp'];
  return {
    subject,
    audience: audienceOf(claims),
    issuedTo: typeof issuedTo === 'string' ? issuedTo : undefined,
    scopes: scopes.filter((scope) => scopesOf(claims).includes(scope)),
    worth: scopes,
    actors,
    mayAct: readMayAct(claims['may_act']),
    expiresAt,
  };
}

/**
 * Reads a token of a person who logged in here: worth what that person granted, and no more anywhere.
 * Throws UnfitToken for a subject of whom nobody logs in here, and for an actor.
 */
export function ofOwnPersonsToken(
  { claims, expiresAt }: VerifiedClaims,
  subjects: readonly string[],
): SubjectToken {
  const subject = textOf(claims, 'sub');
  if (!mayName(subject, subjects)) throw new UnfitToken('a subject of whom nobody logs in here');
  if (claims['act'] !== undefined) throw new UnfitToken('act in a token of a login');
  return {
    subject,
    audience: audienceOf(claims),
    issuedTo: textOf(claims, 'client_id'),
    scopes: scopesOf(claims),
    worth: scopesOf(claims),
    actors: undefined,
    mayAct: undefined,
    expiresAt,
  };
}

/** The one audience; several are refused: nobody could say which of them is being exchanged. */
function audienceOf({ aud }: JsonObject): string {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const [audience] = audiences;
  if (audiences.length === 1 && typeof audience === 'string') return audience;
  throw new UnfitToken('not exactly one audience');
}

function scopesOf({ scope }: JsonObject): readonly string[] {
  if (scope === undefined) return [];
  const scopes = typeof scope === 'string' ? parseScope(scope) : undefined;
  if (scopes === undefined) throw new UnfitToken('a scope that breaks its grammar');
  return scopes;
}

/** A form that we do not understand may forbid: it is refused, never ignored. */
function readMayAct(mayAct: Json | undefined): MayAct | undefined {
  if (mayAct === undefined) return undefined;
  if (typeof mayAct === 'object' && mayAct !== null && !Array.isArray(mayAct)) {
    const { sub, iss } = mayAct as JsonObject;
    const isNamed = typeof sub === 'string' && (iss === undefined || typeof iss === 'string');
    if (isNamed) return { sub, iss: iss as string | undefined };
  }
  throw new UnfitToken('may_act names nobody');
}

function textOf(claims: JsonObject, name: string): string {
  const value = claims[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new UnfitToken(`${name} is no text`);
}
