/** The generators, as functions; the plugin is `@countersign/nx/plugin`. */
export { initGenerator } from './init/generator.js';
export type { InitOptions } from './init/normalize.js';
export { serviceGenerator } from './service/generator.js';
export type { ServiceOptions } from './service/normalize.js';
export { protectedRouteGenerator } from './protected-route/generator.js';
export type { ProtectedRouteOptions, RouteMethod } from './protected-route/normalize.js';
export { trustedIssuerGenerator } from './trusted-issuer/generator.js';
export type { IssuerKind, TrustedIssuerOptions } from './trusted-issuer/normalize.js';
export { GeneratorError } from './workspace/generator-error.js';
