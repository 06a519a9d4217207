/**
 * What would become of a token at a route of a service that is described by its access map, by the
 * engine of the guard itself. Asks nobody, unless told to fetch keys.
 */
import type { JsonWebKey } from 'node:crypto';

import {
  createTrustRegistry,
  explainToken,
  parseToken,
  systemClock,
  type AccessMapDocument,
  type Carrier,
  type Clock,
  type Explanation,
  type Json,
  type JsonObject,
  type MappedIssuer,
  type ProtectedRule,
  type TrustEntry,
} from '@countersign/token';
import { CliError } from '../cli-error.js';
import { findRoute } from './find-route.js';
import { mappedTrust } from './mapped-trust.js';

/** What is asked. */
export interface OfflineQuestion {
  readonly token: string;
  readonly method: string;
  readonly path: string;
  readonly map: AccessMapDocument;
  /** The keys of the issuer that the token names. */
  readonly jwks?: readonly JsonWebKey[];
  /** Whether keys may be fetched from that issuer. */
  readonly fetchKeys: boolean;
  readonly carrier?: Carrier;
  /** Seconds since the epoch; now, unless given. */
  readonly time?: number;
}

const clockTolerance = 10;
const maxTokenBytes = 65_536;

/** The decision that the service would make, as far as it can be told. */
export async function explainOffline(question: OfflineQuestion): Promise<JsonObject> {
  const { map, method, path } = question;
  const route = findRoute(map, method, path);
  const { rule } = route;
  const clock = clockAt(question.time);
  const where = {
    at: new Date(clock.now() * 1000).toISOString(),
    service: map.service,
    method,
    path,
    handler: route.handler,
  };
  if (rule.access === 'public')
    return {
      ...where,
      outcome: 'granted',
      message: `open to everybody: ${rule.reason}`,
      trace: [],
    };
  const explanation = await explain(question, rule, clock);
  return recordOf({ ...where, audience: rule.audience }, explanation);
}

async function explain(
  question: OfflineQuestion,
  rule: ProtectedRule,
  clock: Clock,
): Promise<Explanation> {
  const { token, map, jwks, fetchKeys } = question;
  const named = issuerNamed(token, map);
  const entries = map.trust.flatMap((issuer): readonly TrustEntry[] => {
    const entry = mappedTrust(issuer, issuer === named ? jwks : undefined);
    if (entry === undefined && issuer === named) throw untold(issuer);
    return entry === undefined ? [] : [entry];
  });
  const trust = createTrustRegistry(entries, {
    clock,
    dpop: true,
    ...(!fetchKeys && { fetch: refuseFetch }),
  });
  const presented = { token, carrier: question.carrier ?? named?.carrier ?? 'Bearer' };
  const policy = { trust, clock, clockTolerance, maxTokenBytes };
  return explainToken(presented, policy, { rule, audiences: map.audiences });
}

/** Whom a token names, by what nobody has verified: only to know whose keys were given. */
function issuerNamed(token: string, { trust }: AccessMapDocument): MappedIssuer | undefined {
  try {
    const { iss } = parseToken(token, { maxBytes: maxTokenBytes }).claims;
    return trust.find(({ issuer }) => issuer === iss);
  } catch {
    // The engine will say what is wrong with it.
    return undefined;
  }
}

const untold = ({ name }: MappedIssuer): CliError =>
  new CliError('usage', `How tokens of ${name} are verified, the access map does not tell.`, {
    fix: 'Ask the service itself: call it, and run countersign why <decision>.',
  });

const refuseFetch = (): Promise<Response> =>
  Promise.reject(new Error('no keys were given, and none may be fetched'));

function clockAt(time: number | undefined): Clock {
  return time === undefined ? systemClock : { ...systemClock, now: () => time };
}

function recordOf(where: JsonObject, { outcome, trace, error, identity }: Explanation): JsonObject {
  const { principal, verified } = identity ?? {};
  const isKeyless = error?.code === 'KEYS_UNAVAILABLE';
  const fix = isKeyless
    ? 'give the keys of the issuer: --keys <file>, or --fetch-keys'
    : error?.detail.fix;
  const optional: Readonly<Record<string, Json | undefined>> = {
    code: error?.code,
    status: error?.status,
    message: error?.message ?? (outcome === 'pending' ? openly : undefined),
    caller: principal && (principal.caller.name ?? principal.caller.id),
    subject: principal?.subject?.uri,
    issuer: error?.detail.issuer ?? verified?.issuer.name,
    check: error?.detail.check,
    expected: error?.detail.expected,
    got: error?.detail.got,
    fix,
    command: error?.detail.command,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    ...where,
    outcome,
    ...(Object.fromEntries(given) as JsonObject),
    trace: trace as unknown as Json,
  };
}

const openly = 'all that can be told without a request holds; what is open, the service decides';
