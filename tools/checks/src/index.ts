export { errorsDocument } from './lib/errors-document.js';
export type { Check } from './lib/check.js';
