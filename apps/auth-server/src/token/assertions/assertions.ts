import {
  AccessError,
  verifyJwt,
  type Clock,
  type JsonObject,
  type ReplayStore,
  type TrustedIssuer,
  type VerifiedToken,
} from '@countersign/token';

import type { Client, Issuer, Registry } from '../../registry/registry.js';
import { heldConfirmation } from '../sender/confirmation.js';
import type { Sender } from '../sender/sender.js';
import { TokenError, type TokenErrorCode } from '../token-error.js';
import { clientsOfService } from './clients-of-service.js';
import { clockTolerance, maxTokenBytes } from './limits.js';
import type { OwnPeople } from './own-people.js';
import {
  ofOwnPersonsToken,
  ofOwnToken,
  ofPersonsToken,
  ofServiceToken,
  type SubjectToken,
} from './subject-token.js';
import type { TrustedParties } from './trusted-parties.js';
import { UnfitToken } from './unfit-token.js';

/** Who asks, and what this server knew when it asked. */
export interface AssertionContext {
  readonly client: Client;
  readonly registry: Registry;
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** What the client has shown to hold: tokens bound to anything else are not its to use. */
  readonly sender: Sender;
}

/** RFC 8693 section 3; other kinds are not exchanged here. */
export type TokenType = 'access_token' | 'jwt';

/** A statement that a user is meant, by the client itself or by a trusted issuer. */
export interface Statement {
  readonly subject: SubjectToken;
  /** Whether the client itself signed it. */
  readonly isOwn: boolean;
  /** Records that it was used, once everything else is decided; refuses a second use. */
  use(): Promise<void>;
}

/** What the tokens and assertions within a request are verified with. */
export interface AssertionOptions {
  /** Our own tokens, by our own keys and revocations, in memory. */
  readonly own: TrustedIssuer;
  /** Those who log in here; undefined where nobody does. */
  readonly people?: OwnPeople | undefined;
  readonly parties: TrustedParties;
  readonly replay: ReplayStore;
  readonly clock: Clock;
}

/** Reads a verified token of one kind of signer. */
type Reading = (verified: VerifiedToken) => SubjectToken | Promise<SubjectToken>;

/** A signer who is trusted with what was presented, and how its token is read. */
interface Trusted {
  readonly party: TrustedIssuer | undefined;
  readonly read: Reading;
}

/** Whoever is not trusted; the reading is never reached. */
const nobody: Trusted = { party: undefined, read: ofOwnToken };

/**
 * Verifies the tokens and assertions that a request carries besides its client's credentials. Trust
 * is decided before a key is looked for, by the exact `iss`: ourselves, a client with keys, a trusted
 * issuer of people's tokens. Rejects with the TokenError of the grant, and with 503 when nobody could
 * tell.
 */
export class Assertions {
  constructor(private readonly options: AssertionOptions) {}

  /** A token to be exchanged (RFC 8693 section 2.1); what is wrong with it is `invalid_request`. */
  async subjectToken(
    token: string,
    type: TokenType,
    context: AssertionContext,
  ): Promise<SubjectToken> {
    return this.read(token, 'invalid_request', context, (claims) =>
      this.signerOf(claims, type, context),
    );
  }

  /** A token by which a client shows that it acts itself; refuses that of anybody else. */
  async actorToken(token: string, type: TokenType, context: AssertionContext): Promise<void> {
    const actor = await this.read(token, 'invalid_request', context, (claims) => {
      const { party, read } = this.signerOf(claims, type, context);
      return { party: party?.kind === 'assertion' && !isSelf(claims) ? undefined : party, read };
    });
    const isClient = actor.subject === context.client.id && actor.actors === undefined;
    if (isClient && actor.issuedTo === context.client.id) return;
    throw refused('invalid_request', context, 'the actor token is not of the client itself');
  }

  /** An assertion about a user (RFC 7523 section 2.1); what is wrong with it is `invalid_grant`. */
  async statement(assertion: string, context: AssertionContext): Promise<Statement> {
    const { client, registry, issuer } = context;
    let used: { readonly iss: string; readonly jti: string; readonly until: number } | undefined;
    let isOwn = false;
    const subject = await this.read(assertion, 'invalid_grant', context, (claims) => {
      const iss = String(claims['iss']);
      isOwn = iss === client.id || iss === audienceOf(client, registry);
      const people = isOwn ? undefined : peopleOf(registry, iss);
      const party = isOwn
        ? this.options.parties.clientStatements(client, iss)
        : people && this.options.parties.statements(people);
      const read: Reading = (verified) => {
        if (verified.claims['aud'] !== issuer) throw new UnfitToken('aud is not this issuer alone');
        used = { iss, jti: jtiOf(verified.claims), until: verified.expiresAt };
        return people ? ofPersonsToken(verified, people, issuer) : ofOwnStatement(verified, client);
      };
      return { party, read };
    });
    const use = async (): Promise<void> => {
      if (used) await this.useOnce(used, context);
    };
    return { subject, isOwn, use };
  }

  private async useOnce(
    { iss, jti, until }: { readonly iss: string; readonly jti: string; readonly until: number },
    context: AssertionContext,
  ): Promise<void> {
    const isFirst = await this.guarded('invalid_grant', context, async () =>
      this.options.replay.use(iss, jti, until + clockTolerance),
    );
    if (!isFirst) throw refused('invalid_grant', context, 'the assertion was used before');
  }

  private signerOf({ iss }: JsonObject, type: TokenType, context: AssertionContext): Trusted {
    const { registry, issuer, now } = context;
    const { own, parties, people: ownPeople } = this.options;
    if (iss === issuer) return { party: own, read: ofOwnToken };
    if (ownPeople && iss === ownPeople.issuer) {
      return { party: ownPeople.party, read: readingOf(ownPeople) };
    }
    if (typeof iss !== 'string') return nobody;
    const people = peopleOf(registry, iss);
    if (people) {
      const party = parties.people(people, type === 'access_token');
      return { party, read: (verified) => ofPersonsToken(verified, people, issuer) };
    }
    const signer = type === 'jwt' ? signerNamed(iss, registry) : undefined;
    if (!signer) return nobody;
    const party = parties.serviceTokens(signer, iss);
    return { party, read: (verified) => ofServiceToken(verified, signer, now) };
  }

  private async read(
    token: string,
    code: TokenErrorCode,
    context: AssertionContext,
    trusted: (claims: JsonObject) => Trusted,
  ): Promise<SubjectToken> {
    return this.guarded(code, context, async () => {
      let reading = nobody.read;
      const verified = await verifyJwt(token, {
        issuerOf: (claims) => {
          const { party, read } = trusted(claims);
          reading = read;
          return party;
        },
        clock: this.options.clock,
        clockTolerance,
        maxTokenBytes,
      });
      const boundTo = heldConfirmation(verified.claims, context.sender);
      return { ...(await reading(verified)), boundTo };
    });
  }

  /** Turns what verification throws into the refusal of the grant, or into 503. */
  private async guarded<Result>(
    code: TokenErrorCode,
    context: AssertionContext,
    run: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof AccessError) throw ofAccessError(cause, code, context);
      if (cause instanceof UnfitToken) throw refused(code, context, cause.message);
      throw cause;
    }
  }
}

function ofAccessError(
  cause: AccessError,
  code: TokenErrorCode,
  { client }: AssertionContext,
): TokenError {
  const reason = `${cause.code} (${cause.detail.check ?? 'verification'})`;
  const { retryAfter = 1 } = cause;
  return cause.status === 503
    ? new TokenError('temporarily_unavailable', { reason, client: client.id, retryAfter, cause })
    : new TokenError(code, { reason, client: client.id, cause });
}

function refused(code: TokenErrorCode, { client }: AssertionContext, reason: string): TokenError {
  return new TokenError(code, { reason, client: client.id });
}

function peopleOf(registry: Registry, iss: string): Issuer | undefined {
  const issuer = registry.issuer(iss);
  return issuer?.kind === 'users' ? issuer : undefined;
}

function audienceOf({ service }: Client, registry: Registry): string | undefined {
  return service === undefined ? undefined : registry.serviceNamed(service)?.audience;
}

/** The client that signs as `iss`: its id, or the URL of the service that it alone is. */
function signerNamed(iss: string, registry: Registry): Client | undefined {
  const client = registry.find(iss);
  if (client) return client;
  const service = registry.service(iss);
  const [only, another] = service ? clientsOfService(registry, service.name) : [];
  return another === undefined ? only : undefined;
}

/** Of a login here: it has to last still, and what the person granted is the bound. */
function readingOf(people: OwnPeople): Reading {
  return async (verified) => {
    await people.refuseEnded(verified);
    return ofOwnPersonsToken(verified, people.subjects);
  };
}

function isSelf({ iss, sub }: JsonObject): boolean {
  return iss === sub;
}

function ofOwnStatement({ claims, expiresAt }: VerifiedToken, client: Client): SubjectToken {
  if (claims['act'] !== undefined) throw new UnfitToken('act in an assertion of a client');
  return {
    subject: String(claims['sub']),
    audience: String(claims['aud']),
    issuedTo: client.id,
    scopes: [],
    worth: undefined,
    actors: undefined,
    mayAct: undefined,
    expiresAt,
  };
}

function jtiOf({ jti }: JsonObject): string {
  if (typeof jti === 'string' && jti !== '' && jti.length <= 256) return jti;
  throw new UnfitToken('jti is missing, or no short text');
}
