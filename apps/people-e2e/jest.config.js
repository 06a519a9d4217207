import { e2e } from '../../jest.preset.js';

export default { ...e2e('people-e2e', import.meta.dirname), passWithNoTests: true };
