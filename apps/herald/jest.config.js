import { unit } from '../../jest.preset.js';

export default unit('herald', import.meta.dirname);
