import { unit } from '../../jest.preset.js';

export default unit('bench', import.meta.dirname);
