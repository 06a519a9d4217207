import { unit } from '../../jest.preset.js';

export default unit('auth-server', import.meta.dirname);
