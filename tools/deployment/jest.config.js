import { unit } from '../../jest.preset.js';

export default unit('deployment', import.meta.dirname);
