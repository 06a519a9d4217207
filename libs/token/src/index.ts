export type {
  Algorithm,
  Binding,
  CallerRef,
  Carrier,
  Clock,
  HeaderFields,
  IssuerCarrier,
  Json,
  JsonObject,
  KeyQuery,
  KeyStore,
  ParsedToken,
  Presented,
  Principal,
  RevocationCheck,
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
export type { Decision, Evidence, PolicyOutcome } from './lib/authorize/decision.js';
export { Trace } from './lib/trace.js';
export type { TraceStep } from './lib/trace.js';
export type {
  AccessMapDocument,
  DeclaredCall,
  MappedIssuer,
  MappedRoute,
} from './lib/authorize/access-map-document.js';
export { scopesOf } from './lib/authorize/scopes-of.js';
export { ruleInWords } from './lib/authorize/rule-in-words.js';
export { isLoopbackHost } from './lib/is-loopback-host.js';
export { isScopeToken, parseScope } from './lib/parse-scope.js';
export { parseStrictJson } from './lib/strict-json.js';
export type { StrictJsonLimits } from './lib/strict-json.js';
export { carriesCredentials, extractToken } from './lib/extract/extract-token.js';
export { parseCompactJws } from './lib/extract/parse-compact-jws.js';
export type { CompactJws, TokenLimits } from './lib/extract/parse-compact-jws.js';
export { parseToken } from './lib/extract/parse-token.js';
export { toPrincipal } from './lib/verify/to-principal.js';
export type { VerificationPolicy } from './lib/verify/verification-policy.js';
export { createAuthenticator } from './lib/cache/create-authenticator.js';
export type {
  Authenticator,
  Identity,
  TokenCacheOptions,
} from './lib/cache/create-authenticator.js';
export { verifySignature } from './lib/verify/verify-signature.js';
export { SkewWatch } from './lib/verify/skew-watch.js';
export type { IssuerSkew, SkewWatchOptions } from './lib/verify/skew-watch.js';
export type { JwtPolicy } from './lib/verify/jwt-policy.js';
export { verifyJwt } from './lib/verify/verify-jwt.js';
export { verifyToken } from './lib/verify/verify-token.js';
export { checkOption, refuseUnknownOptions } from './lib/check-option.js';
export { systemClock } from './lib/clock.js';
export { toSeconds } from './lib/to-seconds.js';
export type { Duration } from './lib/to-seconds.js';
export { AddressRefusedError, boundedFetch } from './lib/net/bounded-fetch.js';
export type { BoundedFetchOptions, ResolveName } from './lib/net/bounded-fetch.js';
export { createKeyStore } from './lib/keys/create-key-store.js';
export type {
  KeyStoreEvent,
  KeyStoreOptions,
  KeyStoreSettings,
  KeyStoreStatus,
  RemoteKeyStore,
} from './lib/keys/create-key-store.js';
export type { ReaderOptions } from './lib/keys/document-reader.js';
export type { DroppedKey } from './lib/keys/import-key-set.js';
export { importVerificationKey } from './lib/keys/import-verification-key.js';
export type { ImportOptions } from './lib/keys/import-verification-key.js';
export { jwksSource } from './lib/keys/jwks-source.js';
export { KeySourceError } from './lib/keys/key-source.js';
export type { KeySetDocument, KeySource } from './lib/keys/key-source.js';
export { metadataSource } from './lib/keys/metadata-source.js';
export type { MetadataOptions } from './lib/keys/metadata-source.js';
export { staticKeys } from './lib/keys/static-keys.js';
export { UnusableKeyError } from './lib/keys/unusable-key-error.js';
export type { KeyFault } from './lib/keys/unusable-key-error.js';
export { assertionIssuer } from './lib/trust/assertion-issuer.js';
export type { AssertionIssuerOptions } from './lib/trust/assertion-issuer.js';
export { authorizationServer } from './lib/trust/authorization-server.js';
export type { AuthorizationServerOptions } from './lib/trust/authorization-server.js';
export { isCanonicalUri, isUriPrefix, isWithin } from './lib/trust/canonical-uri.js';
export { createTrustRegistry } from './lib/trust/create-trust-registry.js';
export type { TrustRegistry, TrustRegistryDeps } from './lib/trust/trust-registry.js';
export type { TrustEvent, TrustSource, TrustSourceStatus } from './lib/trust/trust-source.js';
export { trustFile } from './lib/trust/sources/trust-file.js';
export type { TrustFileOptions } from './lib/trust/sources/trust-file.js';
export { trustFromServer } from './lib/trust/sources/trust-from-server.js';
export type { TrustFromServerOptions } from './lib/trust/sources/trust-from-server.js';
export { introspectionServer } from './lib/introspection/introspection-server.js';
export type { IntrospectionServerOptions } from './lib/introspection/introspection-server.js';
export type { IntrospectedToken, Introspection } from './lib/introspection/introspection.js';
export { servicePeer } from './lib/trust/service-peer.js';
export type { ServicePeerOptions } from './lib/trust/service-peer.js';
export { sharedSecret } from './lib/trust/shared-secret.js';
export type { SharedSecretOptions } from './lib/trust/shared-secret.js';
export { trustDomainOf } from './lib/trust/spiffe-id.js';
export { foreignServer } from './lib/trust/foreign/foreign-server.js';
export type { ForeignServerOptions } from './lib/trust/foreign/foreign-server.js';
export type { ForeignRulesOptions } from './lib/trust/foreign/foreign-rules.js';
export type {
  ForeignPreset,
  ForeignRules,
  Relaxation,
  TokenDialect,
} from './lib/trust/foreign/dialect.js';
export type { ServerKeyOptions } from './lib/trust/server-options.js';
export { tokenProfiles } from './lib/trust/token-profiles.js';
export type {
  AskedServer,
  CommonTrustOptions,
  KeysOfIssuer,
  TrustEntry,
} from './lib/trust/trust-entry.js';
export { memoryReplay } from './lib/replay/memory-replay.js';
export type { MemoryReplayOptions } from './lib/replay/memory-replay.js';
export { replayKey } from './lib/replay/replay-key.js';
export type { ReplayStore } from './lib/replay/replay-store.js';
export { bodyDigest } from './lib/binding/body-digest.js';
export { checkBinding } from './lib/binding/check-binding.js';
export type { BindingPolicy, BoundRequest } from './lib/binding/check-binding.js';
export { accessTokenHash } from './lib/possession/access-token-hash.js';
export { certificateThumbprint } from './lib/possession/certificate-thumbprint.js';
export { checkPossession } from './lib/possession/check-possession.js';
export type { SenderEvidence } from './lib/possession/check-possession.js';
export { dpopNonces } from './lib/possession/dpop-nonces.js';
export type { DpopNonces, DpopNoncesOptions } from './lib/possession/dpop-nonces.js';
export { sameText } from './lib/possession/same-text.js';
export { useProofOnce } from './lib/possession/use-proof-once.js';
export { dpopAlgorithms, verifyDpopProof } from './lib/possession/verify-dpop-proof.js';
export type { DpopPolicy, DpopProof, ProvenRequest } from './lib/possession/verify-dpop-proof.js';
export { useOnce } from './lib/verify/use-once.js';
export { followRevocations } from './lib/revocation/follow-revocations.js';
export type {
  FollowEvent,
  FollowOptions,
  RevocationFollower,
} from './lib/revocation/follow-revocations.js';
export type { FeedKind } from './lib/revocation/feed-reader.js';
export type { RevocationEntry } from './lib/revocation/revocation-entry.js';
export { RevocationFeedError } from './lib/revocation/revocation-feed-error.js';
export { clientsNamedIn } from './lib/revocation/clients-named-in.js';
export { createRevocationSet } from './lib/revocation/revocation-set.js';
export type {
  RevocationSet,
  RevocationSetOptions,
  RevokedBy,
} from './lib/revocation/revocation-set.js';
export type { RevocationEvent, RevocationStatus } from './lib/trust/issuer-revocation.js';
export type { RevocationOptions, RevocationSettings } from './lib/trust/revocation-settings.js';
export { decryptionKeys } from './lib/encryption/decryption-keys.js';
export type { DecryptionKeys } from './lib/encryption/decryption-keys.js';
export { encryptJwt } from './lib/encryption/encrypt-jwt.js';
export type { EncryptOptions } from './lib/encryption/encrypt-jwt.js';
export type {
  ContentEncryption,
  KeyManagementAlgorithm,
} from './lib/encryption/encryption-algorithms.js';
export { decide } from './lib/authorize/decide.js';
export type { DecisionRecord } from './lib/explain/decision-record.js';
export { explainToken } from './lib/explain/explain-token.js';
export type { ExplainedRoute, Explanation } from './lib/explain/explain-token.js';
export { refusalOfRule } from './lib/explain/refusal-of-rule.js';
export { traceOf } from './lib/explain/trace-of.js';
export type { Findings } from './lib/explain/trace-of.js';
export { policyKey } from './lib/authorize/policy-key.js';
export { ruleForIssuer } from './lib/authorize/rule-for-issuer.js';
export {
  clientSecretBasic,
  clientSecretPost,
  privateKeyJwt,
} from './lib/client/client-authentication.js';
export type {
  ClientAuthentication,
  ClientCredentials,
  PrivateKeyJwtOptions,
} from './lib/client/client-authentication.js';
export { clientCredentials } from './lib/client/client-credentials.js';
export type { ClientCredentialsOptions } from './lib/client/client-credentials.js';
export { credentialHeaders } from './lib/client/credential-headers.js';
export type { CredentialedRequest } from './lib/client/credential-headers.js';
export { jwtBearer } from './lib/client/jwt-bearer.js';
export type { JwtBearerOptions } from './lib/client/jwt-bearer.js';
export { selfIssued } from './lib/client/self-issued.js';
export type { SelfIssuedSourceOptions } from './lib/client/self-issued.js';
export type { ServerSourceOptions } from './lib/client/server-source.js';
export { TokenAcquisitionError } from './lib/client/token-acquisition-error.js';
export type {
  AcquisitionFailure,
  TokenAcquisitionErrorOptions,
} from './lib/client/token-acquisition-error.js';
export type { SourceCacheOptions } from './lib/client/token-cache.js';
export type { TokenEndpointOptions } from './lib/client/token-endpoint.js';
export { tokenExchange } from './lib/client/token-exchange.js';
export type {
  OutboundBinding,
  OutboundSubject,
  OutboundToken,
  TokenOrigin,
  TokenRequest,
  TokenSource,
} from './lib/client/token-source.js';
export { retryAfterSeconds } from './lib/net/retry-after.js';
export { dpopProofs } from './lib/client/dpop-proofs.js';
export type { DpopProofs, DpopProofsOptions, ProofRequest } from './lib/client/dpop-proofs.js';
export { selfIssuedTokens } from './lib/client/self-issued-tokens.js';
export type {
  SelfIssuedOptions,
  SelfIssuedRequest,
  SelfIssuedTokens,
} from './lib/client/self-issued-tokens.js';
export { createSigner } from './lib/issue/create-signer.js';
export type { Signer, SignerOptions } from './lib/issue/create-signer.js';
export { asymmetricAlgorithms, generateSigningKey } from './lib/issue/generate-signing-key.js';
export type {
  AsymmetricAlgorithm,
  SigningJwk,
  SigningKey,
} from './lib/issue/generate-signing-key.js';
export { signJwt } from './lib/issue/sign-jwt.js';
export { acquisitionChannel } from './lib/client/acquisition-channel.js';
export type { AcquisitionMessage } from './lib/client/acquisition-channel.js';
