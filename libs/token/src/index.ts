export type {
  Algorithm,
  CallerRef,
  Carrier,
  Clock,
  Json,
  JsonObject,
  KeyQuery,
  KeyStore,
  ParsedToken,
  Presented,
  Principal,
  SubjectRef,
  TokenProfile,
  TrustedIssuer,
  VerificationKey,
  VerifiedToken,
} from './lib/types.js';
export { AccessError, accessErrors } from './lib/errors.js';
export type {
  AccessErrorCode,
  AccessErrorOptions,
  ErrorSpec,
  RefusalDetail,
} from './lib/errors.js';
export type {
  AccessRule,
  CallersRequirement,
  CombinedRequirement,
  PolicyRequirement,
  ProtectedRule,
  PublicRule,
  Requirement,
  ScopesRequirement,
  SubjectRequirement,
} from './lib/authorize/access-rule.js';
export type { Decision, Evidence, PolicyOutcome, TraceStep } from './lib/authorize/decision.js';
export { parseStrictJson } from './lib/extract/strict-json.js';
export type { StrictJsonLimits } from './lib/extract/strict-json.js';
export { extractToken } from './lib/extract/extract-token.js';
export type { HeaderFields } from './lib/extract/extract-token.js';
export { parseCompactJws } from './lib/extract/parse-compact-jws.js';
export type { CompactJws, TokenLimits } from './lib/extract/parse-compact-jws.js';
export { parseToken } from './lib/extract/parse-token.js';
export { toPrincipal } from './lib/verify/to-principal.js';
export type { VerificationPolicy } from './lib/verify/verification-policy.js';
export { verifySignature } from './lib/verify/verify-signature.js';
export { verifyToken } from './lib/verify/verify-token.js';
