import { unit } from '../../jest.preset.js';

export default unit('test-postgres', import.meta.dirname);
