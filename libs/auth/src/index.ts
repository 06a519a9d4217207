export { CountersignModule, type CountersignExtras } from './lib/countersign.module.js';
export type { CountersignOptions } from './lib/countersign.options.js';
export type { BaselineOptions } from './lib/undeclared.options.js';
export type { DpopOptions } from './lib/dpop.options.js';
export { principalOf } from './lib/context/principal.js';
export { accessRuleOf } from './lib/decorators/access-rule-of.js';
export {
  Access,
  AnyScope,
  Audience,
  Authenticated,
  BodyBound,
  Callers,
  OnBehalfOf,
  OptionalAuth,
  Public,
  RequestBound,
  RequireUser,
  Scopes,
  SenderConstrained,
  ServiceOnly,
  SingleUse,
} from './lib/decorators/access.decorator.js';
export {
  allow,
  deny,
  type AccessPolicy,
  type AccessRequest,
} from './lib/decorators/access-policy.js';
export type { RuleDecorator } from './lib/decorators/declare.js';
export {
  AccessToken,
  Caller,
  Claim,
  Principal,
  Subject,
} from './lib/decorators/principal.decorator.js';
export {
  allOf,
  anyOf,
  anyScope,
  callers,
  onBehalfOf,
  requireUser,
  scopes,
  serviceOnly,
  type RuleFragment,
} from './lib/decorators/requirements.js';
export { JwksStrategy } from './lib/strategies/jwks.strategy.js';
export { CountersignGuard } from './lib/guards/countersign.guard.js';
export { AccessException, type AccessProblem } from './lib/guards/access.exception.js';
export {
  MessageRefusedException,
  type MessageRefusal,
} from './lib/guards/message-refused.exception.js';
export { AccessExceptionFilter } from './lib/filters/access-exception.filter.js';
export { decisionChannel, type DecisionMessage } from './lib/audit/decision-channel.js';
export {
  CountersignDecisionsModule,
  type DecisionsOptions,
} from './lib/explain/countersign-decisions.module.js';
export type { DecisionsOverview } from './lib/explain/decision-keeping.js';
export type { RingBounds, RingStatus } from './lib/explain/decision-ring.js';
export { redactionPaths, secretNames, withoutTokens } from './lib/audit/log-redaction.js';
export { callChannel, type CallMessage } from './lib/outbound/call-channel.js';
export { keyChannel } from './lib/trust/key-channel.js';
export { BootAuditError, type BootFinding } from './lib/audit/boot-audit.js';
export {
  CountersignClientsModule,
  type ClientsAsyncOptions,
  type ClientsOptions,
} from './lib/outbound/countersign-clients.module.js';
export { InjectClient } from './lib/outbound/inject-client.decorator.js';
export { NoSubjectError } from './lib/outbound/no-subject-error.js';
export type { CallQuery } from './lib/outbound/call-target.js';
export type { ServiceAnswer } from './lib/outbound/service-answer.js';
export {
  ServiceCallError,
  type ServiceCallErrorOptions,
  type ServiceCallFailure,
} from './lib/outbound/service-call-error.js';
export {
  ServiceCalls,
  type CallOptions,
  type JsonCallOptions,
} from './lib/outbound/service-calls.js';
export { ServiceClient } from './lib/outbound/service-client.js';
export { defineFleet, type Fleet } from './lib/fleet/define-fleet.js';
export {
  checkFleet,
  type FleetDefinition,
  type FleetService,
} from './lib/fleet/fleet-definition.js';
export type {
  ClientOf,
  FleetAudience,
  FleetClientOptions,
  FleetMember,
  FleetOptions,
  FleetPeerOptions,
  FleetServerOptions,
} from './lib/fleet/fleet-member.js';
export type { CallerOf, CallScope, CallsOf, ScopeOf, TargetOf } from './lib/fleet/fleet-types.js';
export type { ServiceClientOptions } from './lib/outbound/service-client.options.js';
export type { ResourceMetadataOptions } from './lib/resource/resource.options.js';
export { accessMapOf, type AccessMapOptions } from './lib/map/access-map-of.js';
export { routesOf } from './lib/map/routes-of.js';
export { writeAccessMap } from './lib/map/write-access-map.js';
