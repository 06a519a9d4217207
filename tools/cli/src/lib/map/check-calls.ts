/** Calls that services declare, against what their targets trust and what was granted. */
import type {
  AccessMapDocument,
  Decision,
  DeclaredCall,
  MappedIssuer,
  TokenOrigin,
} from '@countersign/token';

import { approach, commonPrefixes, demandedScopes, type Approach } from './approaches.js';
import { registeredName } from './check-rules.js';
import type { Finding } from './findings.js';
import type { Fleet } from './fleet.js';
import { decideFor } from './reach.js';
import type { RegisteredClient } from './registry.js';

/** One way in which a call is declared to be made. */
interface Attempt {
  readonly caller: string;
  readonly call: DeclaredCall;
  readonly target: AccessMapDocument;
  readonly as: Approach['as'];
  readonly origin: TokenOrigin;
  readonly fleet: Fleet;
}

/** Why an attempt fails, and what would mend it. */
type Problem = readonly [message: string, fix: string];

/** The declared calls of one service that cannot succeed. Targets without a map are not judged. */
export function checkCalls(caller: AccessMapDocument, fleet: Fleet): readonly Finding[] {
  return caller.calls.flatMap((call) => {
    const target = fleet.serviceFor(call.audience);
    if (target === undefined) return [];
    const { asSelf = [], asSubject = [] } = call;
    const common = { caller: caller.service, call, target, fleet };
    const attempts: readonly Attempt[] = [
      ...asSelf.map((origin) => ({ ...common, origin, as: 'itself' as const })),
      ...asSubject.map((origin) => ({ ...common, origin, as: 'user' as const })),
    ].filter(isMeant);
    return [...undefinedScopes(common), ...attempts.flatMap(checkAttempt)];
  });
}

/** One source often serves both: what it cannot do, nobody meant to ask of it. */
function isMeant({ as, origin, call }: Pick<Attempt, 'as' | 'origin' | 'call'>): boolean {
  const isOnlyWay = call.asSelf === undefined || call.asSubject === undefined;
  if (origin.grant === 'self-issued') return true;
  const speaksForItself = origin.grant === 'client_credentials';
  return isOnlyWay || (as === 'user' ? origin.forUsers : speaksForItself);
}

/** Calls whose target has no map: nobody looked at them. */
export function unjudgedCalls(fleet: Fleet): readonly string[] {
  return fleet.maps.flatMap(({ service, calls }) =>
    calls
      .filter(({ audience }) => fleet.serviceFor(audience) === undefined)
      .map(({ target, audience }) => `${service} calls ${target} (${audience})`),
  );
}

function undefinedScopes({
  caller,
  call,
  target,
  fleet,
}: Omit<Attempt, 'as' | 'origin'>): readonly Finding[] {
  const registered = fleet.registry?.services.find(({ audience }) => audience === call.audience);
  const defined = new Set([...demandedScopes(target), ...(registered?.scopes ?? [])]);
  return call.scopes
    .filter((scope) => !defined.has(scope))
    .map((scope) => ({
      code: 'scope-undefined',
      about: `${caller} asks ${target.service} for ${scope}`,
      message: `${caller} asks ${target.service} for ${scope}, which ${target.service} does not define.`,
      fix: `correct scopes of clients.${call.target} in ${caller}; ${target.service} has ${[...defined].join(', ') || 'none'}.`,
    }));
}

function checkAttempt(attempt: Attempt): readonly Finding[] {
  const { caller, call, target, as, origin } = attempt;
  const problem = problemOf(attempt);
  if (problem === undefined) return [];
  const who = as === 'user' ? 'as a user' : 'as itself';
  const about = `${caller} calls ${target.service} ${who} by ${origin.grant}`;
  const [reason, fix] = problem;
  const asked = call.scopes.length > 0 ? ` with ${call.scopes.join(' ')}` : '';
  return [{ code: 'call-cannot-succeed', about, message: `${about}${asked}: ${reason}.`, fix }];
}

function problemOf(attempt: Attempt): Problem | undefined {
  const { target, origin, caller } = attempt;
  const issuer = target.trust.find((entry) => entry.issuer === origin.issuer);
  if (issuer === undefined)
    return [
      `${target.service} does not trust ${origin.issuer}`,
      origin.grant === 'self-issued'
        ? `add servicePeer('${caller}', { issuer: '${origin.issuer}', ... }) to the trust of ${target.service}.`
        : `add authorizationServer('${origin.issuer}') to the trust of ${target.service}.`,
    ];
  return origin.grant === 'self-issued'
    ? selfIssuedProblem(attempt, issuer, origin.carrier)
    : grantedProblem(attempt, issuer, origin);
}

function selfIssuedProblem(
  attempt: Attempt,
  issuer: MappedIssuer,
  carrier: MappedIssuer['carrier'],
): Problem | undefined {
  const { call, as, caller, target } = attempt;
  const entry = `the trust entry '${issuer.name}' in ${target.service}`;
  const missing = call.scopes.filter(
    (scope) => issuer.mayAssert !== 'any' && !issuer.mayAssert.includes(scope),
  );
  if (carrier !== issuer.carrier)
    return [
      `it sends its token as ${carrier}, but ${target.service} looks for it in ${issuer.carrier}`,
      `set carrier: '${issuer.carrier}' of selfIssued() in ${caller}, or carrier of ${entry}.`,
    ];
  if (missing.length > 0)
    return [`it may not assert ${missing.join(' ')}`, `add it to mayAssert of ${entry}.`];
  if (as === 'user' && issuer.subjects.length === 0)
    return [`it may speak for no user`, `add the prefix of the users to subjects of ${entry}.`];
  if (issuer.bound !== undefined && !call.bound)
    return [
      `its tokens must be signed for the ${issuer.bound}, and this client signs for none`,
      `set bound: true of clients.${call.target} in ${caller}.`,
    ];
  const [prefix] = as === 'user' ? issuer.subjects : [];
  return refusalProblem(attempt, issuer, { id: issuer.issuer, name: issuer.name, prefix });
}

type Granted = Extract<TokenOrigin, { client: string }>;

function grantedProblem(
  attempt: Attempt,
  issuer: MappedIssuer,
  origin: Granted,
): Problem | undefined {
  const { target, fleet } = attempt;
  if (issuer.carrier !== 'Bearer')
    return [
      `${target.service} looks for tokens of ${issuer.name} in ${issuer.carrier}`,
      `take carrier out of the trust entry '${issuer.name}' in ${target.service}.`,
    ];
  // Without a registry nobody knows what was granted: nothing is said of it.
  if (fleet.registry === undefined) return undefined;
  const client = fleet.client(origin.client);
  if (client === undefined)
    return [
      `the authorization server knows no client ${origin.client}`,
      `countersign client add ${origin.client}`,
    ];
  return rightsProblem(attempt, issuer, client, origin.grant === 'token-exchange');
}

function rightsProblem(
  attempt: Attempt,
  issuer: MappedIssuer,
  { id, service }: RegisteredClient,
  isExchange: boolean,
): Problem | undefined {
  const { call, as, caller, target, fleet } = attempt;
  const at = registeredName(target, fleet);
  const command = isExchange
    ? `countersign edge add ${id} ${service ?? caller} ${at}`
    : `countersign grant add ${id} ${at}`;
  const granted = isExchange ? edgeScopes(attempt, id) : grantOf(attempt, id)?.scopes;
  if (granted === undefined)
    return [
      isExchange
        ? `no edge lets it exchange tokens for ${at}`
        : `nothing at ${at} is granted to it`,
      `${command} --scope ${call.scopes.join(',') || '<scopes>'}`,
    ];
  const missing = call.scopes.filter((scope) => !granted.includes(scope));
  if (missing.length > 0)
    return [
      `it was not granted ${missing.join(' ')}`,
      `${command} --replace --scope ${[...granted, ...missing].join(',')}`,
    ];
  const subjects = isExchange ? issuer.subjects : spokenFor(attempt, id, issuer);
  const [prefix] = as === 'user' ? subjects : [];
  if (as === 'user' && prefix === undefined)
    return [
      `it may speak for no user whom ${target.service} takes from ${issuer.name}`,
      `${isExchange ? '' : `${command} --replace --subjects <prefix>, and `}subjects of the trust entry '${issuer.name}' in ${target.service}.`,
    ];
  return refusalProblem(attempt, issuer, { id, name: issuer.callers[id], prefix, granted });
}

const grantOf = ({ call, fleet }: Attempt, client: string) =>
  fleet.grantsFor(call.audience).find(([{ id }]) => id === client)?.[1];

const spokenFor = (attempt: Attempt, client: string, { subjects }: MappedIssuer) =>
  commonPrefixes(grantOf(attempt, client)?.subjects ?? [], subjects);

function edgeScopes({ call, fleet }: Attempt, client: string): readonly string[] | undefined {
  const edges = fleet
    .client(client)
    ?.onBehalfOf.filter(({ target }) => fleet.audienceOf(target) === call.audience);
  if (edges === undefined || edges.length === 0) return undefined;
  return [...new Set(edges.flatMap(({ scopes }) => scopes))];
}

interface Presented {
  readonly id: string;
  readonly name: string | undefined;
  readonly prefix: string | undefined;
  readonly granted?: readonly string[];
}

/** A token of that kind, at every route of the target: one that lets it pass is enough. */
function refusalProblem(
  { caller, call, target, origin }: Attempt,
  issuer: MappedIssuer,
  { prefix, granted, ...who }: Presented,
): Problem | undefined {
  const all = granted ?? (issuer.mayAssert === 'any' ? [] : issuer.mayAssert);
  const scopes = call.scopes.length > 0 ? call.scopes : all;
  const made = approach({
    ...who,
    ...(prefix !== undefined && { prefix }),
    scopes,
    issuer,
    audience: call.audience,
    from: caller,
    via: origin.grant === 'self-issued' ? 'self-issued' : 'granted',
  });
  const cannotBind = origin.grant === 'self-issued' && !call.bound;
  const decisions = target.routes.flatMap(({ rule }) =>
    rule.access !== 'protected' || (rule.bound !== undefined && cannotBind)
      ? []
      : [decideFor(rule, target, made)],
  );
  if (decisions.some(({ outcome }) => outcome !== 'refused')) return undefined;
  const { said, fix } = nearest(decisions);
  return [`no route of ${target.service} lets it pass${said}`, fix];
}

function nearest(decisions: readonly Decision[]): { readonly said: string; readonly fix: string } {
  const [first] = decisions
    .flatMap((decision) => (decision.outcome === 'refused' ? [decision] : []))
    .sort((a, b) => b.trace.length - a.trace.length);
  const fix = 'countersign map shows the rules; change the rule, or whom and what the call is for.';
  if (first === undefined) return { said: '', fix };
  const expected =
    first.expected === undefined ? '' : `, expected ${JSON.stringify(first.expected)}`;
  return { said: ` (${first.code}${expected})`, fix };
}
