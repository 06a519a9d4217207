import { unit } from '../../jest.preset.js';

export default unit('example-shared-secret', import.meta.dirname);
