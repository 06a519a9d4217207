import { unit } from '../../jest.preset.js';

export default unit('nx', import.meta.dirname);
