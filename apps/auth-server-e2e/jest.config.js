import { e2e } from '../../jest.preset.js';

export default e2e('auth-server-e2e', import.meta.dirname);
