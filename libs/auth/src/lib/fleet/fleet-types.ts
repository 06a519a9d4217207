/** What the compiler can tell of a fleet from its definition. */
import type { FleetDefinition, FleetService } from './fleet-definition.js';

/** The scopes that a service has. @publicApi */
export type ScopeOf<Fleet, Name extends keyof Fleet> = Fleet[Name] extends {
  readonly scopes: infer Scopes;
}
  ? keyof Scopes & string
  : never;

/** Whom a service calls: target -> scopes. @publicApi */
export type CallsOf<Fleet, Name extends keyof Fleet> = Fleet[Name] extends {
  readonly calls: infer Calls;
}
  ? Calls
  : Readonly<Record<never, never>>;

/** The names of the services that a service calls. @publicApi */
export type TargetOf<Fleet, Name extends keyof Fleet> = keyof CallsOf<Fleet, Name> & string;

/** The scopes that one service asks of another. @publicApi */
export type CallScope<Calls, Target> = Target extends keyof Calls
  ? Calls[Target] extends readonly (infer Scope)[]
    ? Scope & string
    : never
  : never;

/** The names of the services that call a service. @publicApi */
export type CallerOf<Fleet, Name extends keyof Fleet> = {
  [Caller in keyof Fleet & string]: Name extends TargetOf<Fleet, Caller> ? Caller : never;
}[keyof Fleet & string];

/** What a definition has to be, given what it says: calls to defined services, with their scopes. */
export type Checked<Fleet extends FleetDefinition> = {
  readonly [Name in keyof Fleet]: {
    readonly [Member in keyof Fleet[Name]]: Member extends 'calls'
      ? CheckedCalls<Fleet, CallsOf<Fleet, Name>>
      : Member extends keyof FleetService
        ? Fleet[Name][Member]
        : never;
  };
};

type CheckedCalls<Fleet extends FleetDefinition, Calls> = {
  readonly [Target in keyof Calls]: Target extends keyof Fleet
    ? readonly ScopeOf<Fleet, Target>[]
    : never;
};
