import { unit } from '../../jest.preset.js';

export default unit('cli', import.meta.dirname);
