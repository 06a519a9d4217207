export { answers, consumes, refuses, type AnswerOptions } from './lib/openapi/answers.js';
export { OpenApiModule } from './lib/openapi/openapi.module.js';
export type { OpenApiOptions, OpenApiScheme } from './lib/openapi/openapi-options.js';
