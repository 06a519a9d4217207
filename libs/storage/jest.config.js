import { unit } from '../../jest.preset.js';

export default unit('storage', import.meta.dirname);
