import { readJson, readProjectConfiguration, updateJson, type Tree } from '@nx/devkit';
import { emptyTree } from '../../test/trees.js';

import { isLinked } from '../workspace/packages.js';
import { versions } from '../workspace/versions.js';
import { serviceGenerator } from './generator.js';

const textOf = (tree: Tree, path: string) => tree.read(path, 'utf-8') ?? '';

describe('service', () => {
  let tree: Tree;
  beforeEach(() => {
    tree = emptyTree();
  });

  it('makes an app with targets of its own where the workspace infers none', async () => {
    await serviceGenerator(tree, { name: 'order-history', tags: 'layer:app, scope:shop' });
    const { root, tags, targets } = readProjectConfiguration(tree, 'order-history');
    expect([root, tags]).toEqual([
      'apps/order-history',
      expect.arrayContaining(['layer:app', 'scope:shop']),
    ]);
    expect(Object.keys(targets ?? {})).toEqual(
      expect.arrayContaining(['serve', 'build', 'typecheck', 'test']),
    );
    expect(textOf(tree, 'apps/order-history/src/app.module.ts')).toContain(
      'OrderHistoryController',
    );
  });

  it('leaves targets to the plugins of the workspace', async () => {
    updateJson(tree, 'nx.json', (nx: object) => ({
      ...nx,
      plugins: ['@nx/jest/plugin', { plugin: '@nx/js/typescript' }],
    }));
    await serviceGenerator(tree, { name: 'billing' });
    expect(Object.keys(readProjectConfiguration(tree, 'billing').targets ?? {})).toEqual(['serve']);
  });

  it('gives dependencies to the app where packages have their own, to the workspace elsewhere', async () => {
    await serviceGenerator(tree, { name: 'billing' });
    expect(readJson(tree, 'package.json')).toHaveProperty(['dependencies', '@countersign/auth']);
    expect(readJson(tree, 'apps/billing/package.json')).toHaveProperty('dependencies', {});
    const other = emptyTree();
    updateJson(other, 'package.json', (json: object) => ({ ...json, workspaces: ['apps/*'] }));
    await serviceGenerator(other, { name: 'billing' });
    expect(readJson(other, 'apps/billing/package.json')).toHaveProperty('nx.name', 'billing');
    expect(other.exists('apps/billing/project.json')).toBe(false);
    expect(readJson(other, 'package.json')).not.toHaveProperty([
      'dependencies',
      '@countersign/auth',
    ]);
    expect(readJson(other, 'apps/billing/package.json')).toHaveProperty([
      'dependencies',
      '@countersign/auth',
    ]);
  });

  it.each([
    [['apps/*'], 'apps/billing', true],
    [['./apps/**/'], 'apps/shop/billing', true],
    [{ packages: ['services/billing'] }, 'services/billing', true],
    [['apps/*'], 'apps/shop/billing', false],
    [['apps.*'], 'apps/billing', false],
    [[], 'apps/billing', false],
  ])('asks whether %j has %s', (workspaces, root, expected) => {
    updateJson(tree, 'package.json', (json: object) => ({ ...json, workspaces }));
    expect(isLinked(tree, root)).toBe(expected);
  });

  it('takes the versions that the workspace has', async () => {
    updateJson(tree, 'package.json', (json: object) => ({
      ...json,
      dependencies: { rxjs: '7.8.1' },
    }));
    await serviceGenerator(tree, { name: 'billing' });
    expect(readJson(tree, 'package.json')).toMatchObject({
      dependencies: { rxjs: '7.8.1', '@nestjs/core': versions['@nestjs/core'] },
    });
  });

  it('joins the solutions that list the projects, once', async () => {
    tree.write('tsconfig.json', JSON.stringify({ files: [], references: [{ path: './libs/a' }] }));
    await serviceGenerator(tree, { name: 'billing', directory: 'services/billing' });
    expect(readJson(tree, 'tsconfig.json')).toHaveProperty('references', [
      { path: './libs/a' },
      { path: './services/billing' },
    ]);
  });

  it('says of compiler options what the workspace does not, and inherits no sources', async () => {
    tree.delete('tsconfig.base.json');
    tree.write(
      'tsconfig.json',
      JSON.stringify({
        include: ['src'],
        compilerOptions: {
          strict: true,
          module: 'NodeNext',
          emitDeclarationOnly: true,
          rootDir: 'src',
        },
      }),
    );
    await serviceGenerator(tree, { name: 'billing' });
    const { compilerOptions } = readJson<{ compilerOptions: object }>(
      tree,
      'apps/billing/tsconfig.app.json',
    );
    expect(compilerOptions).toMatchObject({
      composite: true,
      emitDeclarationOnly: false,
      moduleResolution: 'nodenext',
    });
    expect(compilerOptions).not.toHaveProperty('strict');
    expect(compilerOptions).not.toHaveProperty('module');
    expect(readJson(tree, 'apps/billing/tsconfig.spec.json')).toHaveProperty(
      'compilerOptions.rootDir',
      '.',
    );
    expect(readJson(tree, 'apps/billing/tsconfig.json')).toMatchObject({ files: [], include: [] });
  });

  it.each([
    ['', 'is no name'],
    ['Billing', 'is no name'],
    ['billing_2', 'is no name'],
    ['-billing', 'is no name'],
    ['billing-', 'is no name'],
    ['../billing', 'is no name'],
    ["b'illing", 'is no name'],
    ['x'.repeat(65), 'is no name'],
  ])('refuses the name "%s"', async (name, problem) => {
    await expect(serviceGenerator(tree, { name })).rejects.toThrow(problem);
  });

  it.each([
    [{ directory: '../billing' }, 'no folder below the workspace'],
    [{ directory: '/etc/billing' }, 'no folder below the workspace'],
    [{ directory: '.' }, 'no folder below the workspace'],
    [{ directory: 'apps/../../billing' }, 'no folder below the workspace'],
    [{ audience: 'billing' }, 'audience: "billing" is no http or https URL'],
    [{ audience: "https://b.example/'+process.exit()+'" }, 'audience: '],
    [{ authServer: 'ftp://auth.example' }, 'authServer: '],
    [{ port: 65_536 }, 'port: 65536 is no port'],
    [{ port: 1.5 }, 'port: '],
  ])('refuses %j', async (options, problem) => {
    await expect(serviceGenerator(tree, { name: 'billing', ...options })).rejects.toThrow(problem);
    expect(tree.exists('apps/billing')).toBe(false);
  });

  it('refuses a name and a folder that are taken', async () => {
    await serviceGenerator(tree, { name: 'billing' });
    await expect(
      serviceGenerator(tree, { name: 'billing', directory: 'apps/other' }),
    ).rejects.toThrow('there is a project "billing" already');
    tree.write('apps/orders/notes.txt', '');
    await expect(serviceGenerator(tree, { name: 'orders' })).rejects.toThrow(
      'apps/orders exists already',
    );
  });
});
