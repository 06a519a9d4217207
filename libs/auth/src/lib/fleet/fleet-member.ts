import {
  authorizationServer,
  servicePeer,
  type AuthorizationServerOptions,
  type ServicePeerOptions,
  type TrustEntry,
} from '@countersign/token';

import type { CountersignOptions } from '../countersign.options.js';
import { AnyScope, Audience, Callers, Scopes } from '../decorators/access.decorator.js';
import type { RuleDecorator } from '../decorators/declare.js';
import { anyScope, callers, scopes, type RuleFragment } from '../decorators/requirements.js';
import { InjectClient } from '../outbound/inject-client.decorator.js';
import type { ServiceClient } from '../outbound/service-client.js';
import type { ServiceClientOptions } from '../outbound/service-client.options.js';
import type { FleetDefinition } from './fleet-definition.js';
import type { CallerOf, CallScope, CallsOf, ScopeOf, TargetOf } from './fleet-types.js';

type OneOrMore<Name> = [Name, ...Name[]];

/** Where the definition names no audience, the options have to. @publicApi */
export type FleetAudience<Service> = Service extends { readonly audience: string }
  ? { readonly audience?: string }
  : { readonly audience: string };

/** The options of a service, but for its audiences, which its definition says. @publicApi */
export type FleetOptions<Service> = Omit<CountersignOptions, 'audiences'> & FleetAudience<Service>;

/** The options of a client, whose scopes are those of the call unless told. @publicApi */
export interface FleetClientOptions<Scope extends string> extends Omit<
  ServiceClientOptions,
  'scopes'
> {
  readonly scopes?: readonly Scope[];
}

/** How far a caller of the fleet is trusted: to assert the scopes of its call unless told. @publicApi */
export interface FleetPeerOptions<Scope extends string> extends Omit<
  ServicePeerOptions,
  'mayAssert'
> {
  readonly mayAssert?: readonly Scope[];
}

/** An authorization server whose clients are callers of the fleet. @publicApi */
export interface FleetServerOptions<Caller extends string> extends Omit<
  AuthorizationServerOptions,
  'callers'
> {
  readonly callers?: Readonly<Record<string, Caller>>;
}

/**
 * What one service of a fleet is written with: the words of its rules, its options and its clients, each
 * of which takes only names that the fleet has. None of them is bound to `this`.
 * @publicApi
 */
export interface FleetMember<Fleet extends FleetDefinition, Name extends keyof Fleet & string> {
  readonly name: Name;
  /** Whom it calls, with which scopes. */
  readonly calls: CallsOf<Fleet, Name>;
  /** The names of its clients, for `CountersignClientsModule.forRootAsync()`. */
  readonly targets: readonly TargetOf<Fleet, Name>[];
  readonly Audience: (name: Name) => RuleDecorator;
  readonly Scopes: (...names: OneOrMore<ScopeOf<Fleet, Name>>) => RuleDecorator;
  readonly AnyScope: (...names: OneOrMore<ScopeOf<Fleet, Name>>) => RuleDecorator;
  readonly Callers: (...names: OneOrMore<CallerOf<Fleet, Name>>) => RuleDecorator;
  readonly scopes: (...names: OneOrMore<ScopeOf<Fleet, Name>>) => RuleFragment;
  readonly anyScope: (...names: OneOrMore<ScopeOf<Fleet, Name>>) => RuleFragment;
  readonly callers: (...names: OneOrMore<CallerOf<Fleet, Name>>) => RuleFragment;
  readonly InjectClient: (target: TargetOf<Fleet, Name>) => ParameterDecorator & PropertyDecorator;
  /** Options of `CountersignModule`, but for `service`, which is {@link name}. */
  readonly options: (options: FleetOptions<Fleet[Name]>) => CountersignOptions;
  /** Trusts a caller that signs its own tokens: for the scopes that it is said to ask for. */
  readonly peer: <Caller extends CallerOf<Fleet, Name>>(
    caller: Caller,
    options: FleetPeerOptions<CallScope<CallsOf<Fleet, Caller>, Name>>,
  ) => TrustEntry;
  /** Trusts an authorization server, and gives its clients names of callers. */
  readonly server: (
    issuer: string,
    options?: FleetServerOptions<CallerOf<Fleet, Name>>,
  ) => TrustEntry;
  /** What `CountersignClientsModule` takes as `clients`: one for each service that is called. */
  readonly clients: (clients: {
    readonly [Target in TargetOf<Fleet, Name>]: FleetClientOptions<
      CallScope<CallsOf<Fleet, Name>, Target>
    >;
  }) => Readonly<Record<TargetOf<Fleet, Name>, ServiceClientOptions>>;
}

/**
 * The client that a service of a fleet has of another: of its calls only those with the scopes of the
 * fleet compile.
 *
 * @example
 * constructor(@herald.InjectClient('census') private readonly census: ClientOf<typeof herald, 'census'>) {}
 * @publicApi
 */
export type ClientOf<
  Member extends { readonly calls: object },
  Target extends keyof Member['calls'],
> = ServiceClient<CallScope<Member['calls'], Target>>;

/** @internal */
export function fleetMember<Fleet extends FleetDefinition, Name extends keyof Fleet & string>(
  fleet: FleetDefinition,
  name: Name,
): FleetMember<Fleet, Name> {
  const { audience: uri, calls = {} } = fleet[name] ?? {};
  const untyped = {
    name,
    calls,
    targets: Object.freeze(Object.keys(calls)),
    Audience,
    Scopes,
    AnyScope,
    Callers,
    scopes,
    anyScope,
    callers,
    InjectClient,
    options: ({ audience = uri, ...options }: FleetOptions<{ audience: string }>) => ({
      ...options,
      // What is missing here the module refuses, by its name.
      audiences: { [name]: audience as string },
    }),
    peer: (caller: string, options: FleetPeerOptions<string>) =>
      servicePeer(caller, { mayAssert: fleet[caller]?.calls?.[name] ?? [], ...options }),
    server: (issuer: string, options?: FleetServerOptions<string>) =>
      authorizationServer(issuer, options),
    clients: (clients: Readonly<Record<string, FleetClientOptions<string>>>) =>
      Object.fromEntries(
        Object.entries(clients).map(([target, options]) => [target, clientOf(target, options)]),
      ),
  };
  const clientOf = (target: string, options: FleetClientOptions<string>) => {
    const called = fleet[target]?.audience;
    return { scopes: calls[target] ?? [], ...(called && { audience: called }), ...options };
  };
  return Object.freeze(untyped) as unknown as FleetMember<Fleet, Name>;
}
