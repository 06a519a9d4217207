import { e2e } from '../../jest.preset.js';

/** The tests that need a browser, apart from the others: `npm run test:browser` runs them. */
export default {
  ...e2e('people-browser', import.meta.dirname),
  testMatch: ['<rootDir>/src/**/*.browser-spec.ts'],
  testTimeout: 120_000,
};
