import { TokenError, type TokenErrorCode } from '../token-error.js';
import type { Edge, Service } from '../../registry/registry.js';
import type { TokenType } from '../assertions/assertions.js';
import type { SubjectToken } from '../assertions/subject-token.js';
import { actThrough, lengthOf, type Actor } from './actor.js';
import type { Authorization, GrantContext } from './grant-context.js';
import { isLive } from './granted-service.js';
import { requestedAudience } from './requested-audience.js';
import { requestedScopes } from './requested-scopes.js';

/** RFC 8693 section 3: the kinds of token that are taken and given here. */
const tokenTypes: ReadonlyMap<string, TokenType> = new Map([
  ['urn:ietf:params:oauth:token-type:access_token', 'access_token'],
  ['urn:ietf:params:oauth:token-type:jwt', 'jwt'],
]);

/**
 * Token exchange (RFC 8693): a token for another audience, or a narrower one for the same, about the
 * one that the subject token is about. It never widens and never forgets who called: see `exchanged`.
 */
export async function tokenExchange(context: GrantContext): Promise<Authorization> {
  const { form, caller, assertions } = context;
  const { client } = caller;
  const refused = (reason: string) =>
    new TokenError('invalid_request', { reason, client: client.id });
  if (client.service === undefined && client.edges.length === 0) {
    const reason = 'the client may exchange nothing';
    throw new TokenError('unauthorized_client', { reason, client: client.id });
  }
  const issuedTokenType = form.get('requested_token_type') ?? accessToken;
  if (!tokenTypes.has(issuedTokenType)) throw refused('another kind of token is asked for');
  if (form.get('requested_subject') !== undefined) {
    throw refused('the subject token says who the subject is, not a parameter');
  }
  const subject = presented(form.get('subject_token'), form.get('subject_token_type'));
  if (!subject) throw refused('no subject token, or one of a kind that is not exchanged');
  const [token, type] = [form.get('actor_token'), form.get('actor_token_type')];
  const actor = presented(token, type);
  if (!actor && (token ?? type) !== undefined) throw refused('half an actor token');

  const asking = { ...context, client };
  const verified = await assertions.subjectToken(subject.token, subject.type, asking);
  if (actor) await assertions.actorToken(actor.token, actor.type, asking);
  const how = { showsActor: actor !== undefined, code: 'invalid_request' } as const;
  return { ...exchanged(context, verified, how), issuedTokenType };
}

const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

function presented(
  token: string | undefined,
  type = '',
): { readonly token: string; readonly type: TokenType } | undefined {
  const known = tokenTypes.get(type);
  return token !== undefined && known !== undefined ? { token, type: known } : undefined;
}

/** How a token is exchanged. */
export interface ExchangeOptions {
  /** Whether the client has shown that it acts itself: then nothing is impersonated. */
  readonly showsActor: boolean;
  /** The refusal of a token that is no good for this client. */
  readonly code: TokenErrorCode;
}

/**
 * What a client gets for a verified token about somebody.
 *
 * The token must be meant for the client: for the service that it is, or for `<issuer>/exchange` if
 * it was issued to this client. For the same audience its scopes can only become fewer; for another
 * one the client needs an on-behalf-of edge from the one to the other, which is the bound then. The
 * result ends with the subject token. The client becomes the outermost actor over the chain that is
 * there; an edge that allows impersonation leaves it out only where there is no chain to forget.
 */
export function exchanged(
  context: GrantContext,
  subject: SubjectToken,
  options: ExchangeOptions,
): Authorization {
  const { form, caller, registry, now } = context;
  const { id } = caller.client;
  const refused = (reason: string) => new TokenError(options.code, { reason, client: id });
  if (!isMeantFor(context, subject)) throw refused('the token is not meant for this client');
  if (subject.expiresAt - Math.floor(now) < 1) throw refused('nothing is left of the token');
  const service = registry.service(requestedAudience(form, id) ?? '');
  if (!service) {
    const reason = 'the audience is unknown, or none is named';
    throw new TokenError('invalid_target', { reason, client: id });
  }
  const edge = edgeTo(service, subject, context);
  const bound = boundOf(service, subject, edge);
  const act = actorsOf(context, subject, edge?.impersonation === true && !options.showsActor);
  if (act === 'forbidden') throw refused('the token names another who may act');
  if (lengthOf(act) > context.longestChain) throw refused('the chain of actors is too long');
  return {
    client: id,
    service,
    scopes: requestedScopes(bound, form.get('scope'), id),
    subject: subject.subject === id ? undefined : subject.subject,
    act,
    expiresAt: subject.expiresAt,
    boundTo: subject.boundTo,
  };
}

function isMeantFor({ caller, registry, issuer }: GrantContext, token: SubjectToken): boolean {
  const { id, service } = caller.client;
  if (token.audience === `${issuer}/exchange`) return token.issuedTo === id;
  return service !== undefined && registry.serviceNamed(service)?.audience === token.audience;
}

/** The edge a token goes along; undefined where it stays at its audience. */
function edgeTo(
  { audience }: Service,
  subject: SubjectToken,
  { caller, now }: GrantContext,
): Edge | undefined {
  if (audience === subject.audience) return undefined;
  const { id, edges } = caller.client;
  const edge = edges.find(
    ({ source, target }) => source === subject.audience && target === audience,
  );
  if (edge && isLive(edge, now)) return edge;
  const reason = edge ? 'the edge to this audience has expired' : 'no edge leads to this audience';
  throw new TokenError('invalid_target', { reason, client: id });
}

function boundOf(service: Service, subject: SubjectToken, edge: Edge | undefined): string[] {
  const { worth } = subject;
  return (edge?.scopes ?? subject.scopes).filter(
    (scope) => service.scopes.includes(scope) && (worth === undefined || worth.includes(scope)),
  );
}

/**
 * Who acts in the new token. A client that exchanges a token of its own right acts for nobody; one
 * that the token does not let act (RFC 8693 section 4.4) gets nothing, and least of all in disguise.
 */
function actorsOf(
  { caller, issuer }: GrantContext,
  { subject, actors, mayAct }: SubjectToken,
  mayImpersonate: boolean,
): Actor | undefined | 'forbidden' {
  const { id } = caller.client;
  const { sub = id, iss = issuer } = mayAct ?? {};
  if (sub !== id || iss !== issuer) return 'forbidden';
  if (actors === undefined && subject === id) return undefined;
  if (!mayImpersonate || actors !== undefined) return actThrough(id, actors);
  return mayAct === undefined ? undefined : 'forbidden';
}
