/** Health indicators: apart from the main door, because `@nestjs/terminus` is optional. */
export {
  CountersignHealthIndicator,
  type KeysHealthOptions,
} from './lib/health/countersign-health.indicator.js';
