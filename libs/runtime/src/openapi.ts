export { answers, consumes, refuses, type AnswerOptions } from './lib/openapi/answers.js';
export { describeApi, type ApiParts } from './lib/openapi/describe-api.js';
export { OpenApiModule } from './lib/openapi/openapi.module.js';
export type { OpenApiOptions, OpenApiScheme } from './lib/openapi/openapi-options.js';
