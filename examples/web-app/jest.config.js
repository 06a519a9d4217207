import { unit } from '../../jest.preset.js';

export default unit('example-web-app', import.meta.dirname);
