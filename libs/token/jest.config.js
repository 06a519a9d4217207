import { unit } from '../../jest.preset.js';

export default unit('token', import.meta.dirname);
