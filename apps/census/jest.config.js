import { unit } from '../../jest.preset.js';

export default unit('census', import.meta.dirname);
