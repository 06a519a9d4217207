import { CliError } from '../cli-error.js';
import { loginChanges } from './client-login.js';

const redirectUri = ['https://app.example/callback'];

describe('loginChanges', () => {
  it('changes nothing unless it is told', () => {
    expect(loginChanges({})).toEqual({});
  });

  it('says how people log in', () => {
    expect(loginChanges({ loginName: 'App', redirectUri })).toEqual({
      login: { name: 'App', redirectUris: redirectUri },
    });
    const more = { logoutUri: ['https://app.example/'], consent: 'implied' };
    expect(loginChanges({ loginName: 'App', redirectUri, ...more })).toEqual({
      login: {
        name: 'App',
        redirectUris: redirectUri,
        postLogoutRedirectUris: more.logoutUri,
        consent: 'implied',
      },
    });
  });

  it('takes it away', () => {
    expect(loginChanges({ login: false })).toEqual({ login: undefined });
  });

  it.each([
    ['a name alone', { loginName: 'App' }],
    ['addresses alone', { redirectUri }],
    ['both yes and no', { login: false, loginName: 'App', redirectUri }],
  ])('refuses %s', (_name, options) => {
    expect(() => loginChanges(options)).toThrow(CliError);
  });
});
