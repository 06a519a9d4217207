import { unit } from '../../jest.preset.js';

export default unit('testing', import.meta.dirname);
