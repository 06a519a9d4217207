import { unit } from '../../jest.preset.js';

export default unit('testing-nest', import.meta.dirname);
