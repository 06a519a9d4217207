import { e2e } from '../../jest.preset.js';

export default { ...e2e('packages-e2e', import.meta.dirname), testTimeout: 900_000 };
