export { trustTestIssuers, type TestTrustOptions } from './lib/trust-test-issuers.js';
export type { AccessMap } from './lib/access-map.js';
export type { RouteAccess } from './lib/routes-of.js';
