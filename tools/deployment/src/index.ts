export { prepareSecrets } from './lib/prepare-secrets.js';
