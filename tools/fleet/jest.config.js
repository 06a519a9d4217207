import { unit } from '../../jest.preset.js';

export default unit('fleet', import.meta.dirname);
