import { hopsIn, refusalIn } from './log-facts.js';

const granted = {
  event: 'access.granted',
  service: 'census',
  caller: 'herald',
  subject: 'http://census/user/21/',
  audience: 'census',
  scopes: ['users:read'],
  method: 'GET',
  path: '/user/42/',
};

describe('hopsIn', () => {
  it('reads who called whom, for what and for whom', () => {
    expect(hopsIn([{ msg: 'listening' }, granted])).toEqual([
      {
        service: 'census',
        caller: 'herald',
        subject: 'http://census/user/21/',
        audience: 'census',
        scopes: 'users:read',
        request: 'GET /user/42/',
      },
    ]);
  });

  it('reads who got a token', () => {
    const issued = {
      event: 'token.issued',
      name: 'auth-server',
      client: 'demo-web',
      subject: 'http://census/user/21/',
      audience: 'http://herald/',
      scopes: ['notifications:send'],
    };
    expect(hopsIn([issued])).toEqual([
      {
        service: 'auth-server',
        caller: 'demo-web',
        subject: 'http://census/user/21/',
        audience: 'http://herald/',
        scopes: 'notifications:send',
        request: 'a token',
      },
    ]);
  });

  it('reads a call without a user', () => {
    expect(hopsIn([{ ...granted, subject: undefined }])[0]?.subject).toBe('');
  });
});

describe('refusalIn', () => {
  it('is nothing for any other line', () => {
    expect(refusalIn(granted)).toBeUndefined();
  });

  it('tells what was expected and got, as far as the line says it', () => {
    const refused = {
      ...granted,
      event: 'access.refused',
      decision: 'abc',
      code: 'POLICY_REFUSED',
      expected: { policy: 'MaySeeUser' },
      got: 'not_visible',
    };
    expect(refusalIn(refused)).toEqual({
      service: 'census',
      decision: 'abc',
      code: 'POLICY_REFUSED',
      facts: [
        ['request', 'GET /user/42/'],
        ['caller', 'herald'],
        ['subject', 'http://census/user/21/'],
        ['scopes', 'users:read'],
        ['expected', '{"policy":"MaySeeUser"}'],
        ['got', 'not_visible'],
      ],
    });
  });
});
