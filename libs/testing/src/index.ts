export { aToken } from './lib/a-token.js';
export type { TokenBuilder, TokenDraft } from './lib/a-token.js';
export { compactJwt, encodePart, signBytes } from './lib/compact-jwt.js';
export type { JwtPart } from './lib/compact-jwt.js';
export { createTestIssuer } from './lib/create-test-issuer.js';
export type { TestIssuer, TestIssuerOptions, TestTrust } from './lib/create-test-issuer.js';
export type { ServedIssuer, ServeOptions } from './lib/serve-issuer.js';
export { startHostileJwks, unusableJwksModes, usableJwksModes } from './lib/start-hostile-jwks.js';
export type { HostileJwks, HostileJwksMode } from './lib/start-hostile-jwks.js';
export { testClock } from './lib/test-clock.js';
export type { TestClock } from './lib/test-clock.js';
export { createTestKey } from './lib/test-key.js';
export type { TestKey } from './lib/test-key.js';
export { fitsHeader, hostileTokens } from './lib/hostile/hostile-tokens.js';
export type { HostileContext, HostileToken, RefusingStage } from './lib/hostile/hostile-token.js';
export { createTestCertificate } from './lib/test-certificate.js';
export type {
  CertificateOptions,
  CertificateSubject,
  TestCertificate,
} from './lib/test-certificate.js';
export { testRevocationFeed } from './lib/test-revocation-feed.js';
export type {
  FeedMode,
  FeedQuestion,
  TestFeedOptions,
  TestRevocationFeed,
} from './lib/test-revocation-feed.js';
export { hostileEncryptedTokens } from './lib/hostile/encrypted-tokens.js';
export type { EncryptedContext, HostileEncryptedToken } from './lib/hostile/encrypted-tokens.js';
export { hostileHeaders, oddHeaders } from './lib/hostile/hostile-headers.js';
export type { HeaderContext, HeaderRow } from './lib/hostile/hostile-headers.js';
export { hostileRequests, oddRequests } from './lib/hostile/hostile-requests.js';
export type { BoundContext, BoundRow } from './lib/hostile/bound-request.js';
export { sendBytes } from './lib/send-bytes.js';
export type { RawAnswer } from './lib/send-bytes.js';
export {
  refusingTokenModes,
  startTokenEndpoint,
  unusableTokenModes,
  usableTokenModes,
} from './lib/start-token-endpoint.js';
export type {
  TestTokenEndpoint,
  TokenEndpointMode,
  TestTokenEndpointOptions,
} from './lib/start-token-endpoint.js';
export type { TokenQuestion } from './lib/token-endpoint-answers.js';
export {
  refusingIntrospectionModes,
  startIntrospection,
  unusableIntrospectionModes,
  usableIntrospectionModes,
} from './lib/start-introspection.js';
export type {
  IntrospectionMode,
  IntrospectionQuestion,
  TestIntrospection,
} from './lib/start-introspection.js';
export { freePort } from './lib/free-port.js';
export { until } from './lib/until.js';
export type { UntilOptions } from './lib/until.js';
export { sendRequest } from './lib/send-request.js';
export type { AnswerToTest, RequestToSend } from './lib/send-request.js';
export { firstMigrations } from './lib/first-migrations.js';
export { exchangeFrames, type FramesAnswer } from './lib/exchange-frames.js';
export { hostileFrames, type HostileFrame } from './lib/hostile/hostile-frames.js';
export {
  hostileMessages,
  oddMessages,
  type MessageContext,
  type MessageRow,
} from './lib/hostile/hostile-messages.js';
export { messageFrame } from './lib/message-frame.js';
export { startFaultProxy } from './lib/start-fault-proxy.js';
export type { FaultMode, FaultProxy } from './lib/start-fault-proxy.js';
export { aProof, hostileProofs } from './lib/hostile/hostile-proofs.js';
export type { HostileProof, ProofChanges, ProofContext } from './lib/hostile/hostile-proofs.js';
