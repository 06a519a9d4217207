/** A fleet as data, for decorators, clients and tools. Must not know Nest, tokens or a request. */
import { checkOption, isScopeToken, refuseUnknownOptions } from '@countersign/token';

/** One service of a fleet. @publicApi */
export interface FleetService {
  /** The `aud` of tokens for it, where it is the same in every environment; else its options name it. */
  readonly audience?: string;
  /** What callers may be allowed there: scope -> what it lets them do, for people. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** Whom it calls, and the scopes it asks for: name of a service -> scopes of that service. */
  readonly calls?: Readonly<Record<string, readonly string[]>>;
}

/** Every service by its name: JSON, so that tools can read and compare it. @publicApi */
export type FleetDefinition = Readonly<Record<string, FleetService>>;

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const known: Readonly<Record<keyof FleetService, true>> = {
  audience: true,
  scopes: true,
  calls: true,
};

/**
 * Checks a definition, however it was come by, and answers a frozen copy.
 *
 * @throws TypeError that names the place: a service name that is not a-z, 0-9 and -, an audience that is
 * no absolute URI or that two services have, a scope outside RFC 6749 section 3.3 or without a
 * description, a call to a service, or with a scope of it, that is not defined, members that do not exist.
 * @publicApi
 */
export function checkFleet(definition: FleetDefinition): FleetDefinition {
  checkOption(isRecord(definition), 'fleet', 'be an object of services by name');
  const owners = new Map<string, string>();
  const services = Object.entries(definition).map(([name, service]) => {
    checkOption(NAME.test(name), `fleet.${name}`, 'be named by a-z, 0-9 and -');
    checkOption(isRecord(service), `fleet.${name}`, 'be an object');
    const checked = checkedService(name, service, definition);
    const owner = checked.audience === undefined ? undefined : owners.get(checked.audience);
    checkOption(owner === undefined, `fleet.${name}.audience`, `not be that of ${owner}`);
    if (checked.audience !== undefined) owners.set(checked.audience, name);
    return [name, checked] as const;
  });
  // Without a prototype: nothing is found in it that was not defined.
  return Object.freeze(
    Object.assign(Object.create(null) as object, Object.fromEntries(services)) as FleetDefinition,
  );
}

function checkedService(
  name: string,
  service: FleetService,
  definition: FleetDefinition,
): FleetService {
  const at = `fleet.${name}`;
  refuseUnknown(service, at);
  const { audience, scopes = {}, calls = {} } = service;
  checkOption(
    audience === undefined || (typeof audience === 'string' && URL.canParse(audience)),
    `${at}.audience`,
    'be an absolute URI',
  );
  checkOption(isRecord(scopes), `${at}.scopes`, 'be an object of descriptions by scope');
  for (const [scope, description] of Object.entries(scopes)) {
    checkOption(isScopeToken(scope), `${at}.scopes`, 'be named by scope-tokens (RFC 6749)');
    checkOption(isText(description), `${at}.scopes.${scope}`, 'say what it lets a caller do');
  }
  checkOption(isRecord(calls), `${at}.calls`, 'be an object of scopes by service');
  for (const [target, asked] of Object.entries(calls))
    checkCall(`${at}.calls.${target}`, target, asked, definition);
  return Object.freeze({
    ...(audience !== undefined && { audience }),
    scopes: Object.freeze({ ...scopes }),
    calls: Object.freeze(
      Object.fromEntries(
        Object.entries(calls).map(([target, asked]) => [target, Object.freeze([...asked])]),
      ),
    ),
  });
}

function checkCall(
  at: string,
  target: string,
  asked: readonly string[],
  definition: FleetDefinition,
): void {
  const services = Object.keys(definition);
  const scopes = Object.hasOwn(definition, target) ? definition[target]?.scopes : undefined;
  checkOption(services.includes(target), at, `call one of ${services.join(', ')}`);
  const names = Object.keys(scopes ?? {});
  checkOption(Array.isArray(asked), at, 'be a list of scopes');
  for (const scope of asked)
    checkOption(names.includes(scope), at, `hold scopes of ${target}, not ${String(scope)}`);
  checkOption(new Set(asked).size === asked.length, at, 'name each scope once');
}

function refuseUnknown(service: FleetService, at: string): void {
  try {
    refuseUnknownOptions(service, known);
  } catch (cause) {
    throw new TypeError(`${at}: ${(cause as Error).message}`, { cause });
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
