import { unit } from '../../jest.preset.js';

export default unit('example-mechanisms', import.meta.dirname);
