import { loggedDecisions } from './logged-decisions.js';

describe('loggedDecisions', () => {
  it.each([
    ['debug', 'all'],
    ['trace', 'all'],
    ['info', 'refused'],
    ['silent', 'refused'],
  ] as const)('at %s are %s', (level, decisions) => {
    expect(loggedDecisions(level)).toBe(decisions);
  });
});
