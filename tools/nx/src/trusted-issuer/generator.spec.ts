import { logger, type Tree } from '@nx/devkit';

import { squeezed, textIn, treeWithApp, treeWithService } from '../../test/trees.js';
import { trustedIssuerGenerator } from './generator.js';

const appModule = 'apps/billing/src/app.module.ts';

describe('trusted-issuer', () => {
  let tree: Tree;
  beforeEach(async () => {
    tree = await treeWithService();
  });
  const issuer = (options: Partial<Parameters<typeof trustedIssuerGenerator>[1]> = {}) =>
    trustedIssuerGenerator(tree, {
      name: 'herald',
      project: 'billing',
      issuer: 'https://herald.example/',
      ...options,
    });

  it.each([
    [
      { scopes: 'users:read', subjects: 'https://census.example/user/' },
      `servicePeer('herald', { issuer: 'https://herald.example/', jwks: 'https://herald.example/.well-known/jwks.json', mayAssert: ['users:read'], subjects: ['https://census.example/user/'] })`,
    ],
    [
      { kind: 'authorization-server', name: 'other', issuer: 'https://other.example' } as const,
      `authorizationServer('https://other.example', { name: 'other' })`,
    ],
    [
      {
        kind: 'keycloak',
        name: 'people',
        issuer: 'https://id.example/realms/a',
        scopes: 'a',
      } as const,
      `foreignServer('keycloak', { name: 'people', issuer: 'https://id.example/realms/a', mayAssert: ['a'] })`,
    ],
  ])('adds %j', async (options, entry) => {
    await issuer(options);
    const text = textIn(tree, appModule);
    expect(squeezed(text)).toContain(
      squeezed(`trust: [authorizationServer(config.AUTH_SERVER_URL), ${entry}]`),
    );
    expect(text).toContain(entry.slice(0, entry.indexOf('(')).trim());
    expect(text.match(/from '@countersign\/token'/g)).toHaveLength(1);
  });

  it('changes nothing the second time', async () => {
    const said = jest.spyOn(logger, 'info').mockReturnValue();
    await issuer();
    const once = textIn(tree, appModule);
    await issuer();
    expect(textIn(tree, appModule)).toBe(once);
    expect(said).toHaveBeenCalledWith(`${appModule} trusts herald already`);
  });

  it.each([
    [{ issuer: 'https://other.example/' }, 'trusts somebody else as "herald" already'],
    [{ name: 'other' }, 'trusts somebody else as "https://herald.example/" already'],
  ])(
    'refuses another issuer of a name, and another name of an issuer: %j',
    async (options, problem) => {
      await issuer();
      await expect(issuer(options)).rejects.toThrow(problem);
    },
  );

  it.each([
    [{ name: 'Her ald' }, 'is no name'],
    [{ issuer: 'herald' }, 'issuer: "herald" is no http or https URL'],
    [{ issuer: "https://a.example/'" }, 'issuer: '],
    [{ jwks: 'discover me' }, 'jwks: '],
    [{ kind: 'ldap' as never }, 'kind: "ldap" is none of'],
    [{ subjects: 'https://census.example/user' }, 'it has to end in a slash'],
    [{ file: 'src/config.ts' }, 'no list `trust: [...]` is written out there'],
    [{ project: 'shop' }, 'there is no "shop"'],
  ])('refuses %j', async (options, problem) => {
    const before = textIn(tree, appModule);
    await expect(issuer(options)).rejects.toThrow(problem);
    expect(textIn(tree, appModule)).toBe(before);
  });

  it('refuses to choose among several lists', async () => {
    tree.write('apps/billing/src/other.ts', 'export const other = { trust: [] };');
    await expect(issuer()).rejects.toThrow('say which file with --file');
    await issuer({ file: 'src/other.ts' });
    expect(textIn(tree, 'apps/billing/src/other.ts')).toContain(`servicePeer('herald'`);
  });

  it('refuses an app without a list', async () => {
    await expect(
      trustedIssuerGenerator(treeWithApp(), {
        name: 'a',
        project: 'shop',
        issuer: 'https://a.example',
      }),
    ).rejects.toThrow('no list `trust: [...]`');
  });
});
