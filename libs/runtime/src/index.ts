export { mapApp, type MapOptions } from './lib/app/map-app.js';
export { runApp, type RunOptions } from './lib/app/run-app.js';
export { startApp, type AppOptions, type RunningApp } from './lib/app/start-app.js';
export {
  authServerUrl,
  baseConfig,
  dataDir,
  listenOn,
  port,
  publicUrl,
  type BaseConfig,
} from './lib/config/base-config.js';
export { ConfigError } from './lib/config/config-error.js';
export { readConfig, type Environment } from './lib/config/read-config.js';
export { readConfigFile } from './lib/config/read-config-file.js';
export { keptDecisions } from './lib/decisions/kept-decisions.js';
export { DATABASE, DatabaseModule } from './lib/database/database.module.js';
export { Readiness, type ReadinessCheck, type ReadinessState } from './lib/health/readiness.js';
export type { BodyKind } from './lib/http/body-parsers.js';
export {
  invalidBody,
  unprocessable,
  wrongMembers,
  type SchemaIssue,
  type WrongMember,
} from './lib/http/invalid-body.js';
export { DirectRoute, type DirectHandler } from './lib/http/direct-route.js';
export { invalidQuery } from './lib/http/invalid-query.js';
export { pageLimit, type PageLimitOptions } from './lib/http/page-limit.js';
export type { ErrorShape, Failure } from './lib/http/problem.js';
export { ProblemException, type ProblemOptions } from './lib/http/problem.exception.js';
export { loggedDecisions } from './lib/logging/logged-decisions.js';
export { isPlainAddress } from './lib/mail/plain-address.js';
export { eventCounter, type EventCounterOptions } from './lib/metrics/event-counter.js';
export {
  cachedDocument,
  sendDocument,
  type CachedDocument,
  type DocumentReply,
  type SendDocumentOptions,
} from './lib/http/cached-document.js';
export { KeyNotFound, RotationTooSoon, SigningKeysUnavailable } from './lib/keys/key-problems.js';
export {
  compromiseKept,
  KeyRing,
  type CompromisePort,
  type KeyChangeListener,
} from './lib/keys/key-ring.js';
export type { KeyRingStatus, KeyStatus, RingStatus } from './lib/keys/key-ring-status.js';
export { keyTimes, type KeyTimeOptions, type KeyTimes } from './lib/keys/key-times.js';
export type { KeyState } from './lib/keys/ring.js';
export type { KeyChange } from './lib/keys/signing-key-store.js';
export { seal, unseal } from './lib/keys/seal.js';
export {
  SigningKeysModule,
  startSigningKeys,
  type SigningKeysOptions,
  type SigningKeysParts,
  type StartedKeys,
} from './lib/keys/signing-keys.module.js';
export { SharedSecrets } from './lib/keys/shared-secrets.js';
export { SigningKeys } from './lib/keys/signing-keys.js';
export { signingKeysMigrations } from './lib/keys/signing-keys.table.js';
export { VersionsModule, type VersionsOptions } from './lib/versions/versions.module.js';
export { versionsMigrations } from './lib/versions/versions.migrations.js';
export {
  Versions,
  type ApplyVersion,
  type Topic,
  type VersionChange,
  type VersionsTimes,
} from './lib/versions/versions.js';
export { databaseReplay, type DatabaseReplayOptions } from './lib/replay/database-replay.js';
export { replayMigrations } from './lib/replay/replay-migrations.js';
export { clientCertificatesOf, type ClientCertificates } from './lib/tls/tls-config.js';
export { retryDelay, type RetryPauses } from './lib/retry/retry-delay.js';
