import { readJson, type Tree } from '@nx/devkit';

import { textIn, treeWithApp, treeWithService } from '../../test/trees.js';
import { trustedIssuerGenerator } from '../trusted-issuer/generator.js';
import { protectedRouteGenerator } from './generator.js';

const controller = 'apps/billing/src/invoices.controller.ts';

describe('protected-route', () => {
  let tree: Tree;
  beforeEach(async () => {
    tree = await treeWithService();
  });
  const route = (options: Partial<Parameters<typeof protectedRouteGenerator>[1]>) =>
    protectedRouteGenerator(tree, { path: 'invoices/:id', project: 'billing', ...options });

  it('makes a controller whose route says who may call', async () => {
    await route({ scopes: 'invoices:read, invoices:read:own' });
    expect(textIn(tree, controller)).toMatchInlineSnapshot(`
     "import { Controller, Get, Param } from '@nestjs/common';
     import { Audience, Scopes } from '@countersign/auth';

     @Controller('invoices')
     @Audience('billing')
     export class InvoicesController {
       @Get(':id')
     @Scopes('invoices:read', 'invoices:read:own')
     one(@Param('id') id: string) { return { id }; }
     }
     "
    `);
    const appModule = textIn(tree, 'apps/billing/src/app.module.ts');
    expect(appModule).toContain(`import { InvoicesController } from './invoices.controller.js';`);
    expect(appModule).toContain('controllers: [BillingController, InvoicesController]');
  });

  it('adds to a controller that is there', async () => {
    await route({ scopes: 'invoices:read' });
    await route({ path: 'invoices', method: 'post', authenticated: true });
    const text = textIn(tree, controller);
    expect(text).toContain(`import { Controller, Get, Param, Post } from '@nestjs/common';`);
    expect(text).toContain(`import { Audience, Scopes, Authenticated } from '@countersign/auth';`);
    expect(text).toMatch(/@Post\(\)\s+@Authenticated\(\)\s+create\(\)/);
    const appModule = textIn(tree, 'apps/billing/src/app.module.ts');
    expect(appModule.match(/InvoicesController/g)).toHaveLength(2);
  });

  it('adds the rule to the reviewed access map', async () => {
    await trustedIssuerGenerator(tree, {
      name: 'herald',
      project: 'billing',
      issuer: 'https://herald.example/',
    });
    await route({ scopes: 'invoices:read', callers: 'herald' });
    expect(readJson(tree, 'apps/billing/test/access-map.json')).toEqual({
      'GET /billing': 'billing: billing:read',
      'GET /invoices/:id': 'billing: called by herald and invoices:read',
    });
  });

  it('leaves a rule that its class narrows to who reviews it', async () => {
    await route({ scopes: 'invoices:read' });
    tree.write(
      controller,
      textIn(tree, controller).replace('@Audience', `@RequireUser()\n@Audience`),
    );
    await route({ path: 'invoices', scopes: 'invoices:list' });
    expect(readJson(tree, 'apps/billing/test/access-map.json')).not.toHaveProperty('GET /invoices');
  });

  it('writes a test of the route', async () => {
    await route({ scopes: 'invoices:read' });
    const test = textIn(tree, 'apps/billing/test/invoices-one.e2e-spec.ts');
    expect(test).toContain(`t.as('some-client', { scopes: ['invoices:read'] })`);
    expect(test).toContain(`get('/invoices/1').expect(403, 'SCOPE_MISSING')`);
  });

  it.each([
    [{ path: '../invoices', authenticated: true }, 'is no path'],
    [{ path: 'invoices/:id/:id', authenticated: true }, 'a parameter stands twice'],
    [{ path: "invoices/'x", authenticated: true }, 'is no path'],
    [{ path: '', authenticated: true }, 'is no path'],
    [{ path: ':id', authenticated: true }, 'is no name'],
    [{ method: 'trace' as never, authenticated: true }, 'method: "trace" is none of'],
    [{}, 'say who may call'],
    [{ scopes: 'a', authenticated: true }, 'say who may call'],
    [{ scopes: ' , ' }, 'say who may call'],
    [{ scopes: "a', '" }, 'is no scope'],
    [{ scopes: 'a b' }, 'is no scope'],
    [{ callers: 'nobody' }, 'nobody whom the app trusts is called "nobody"'],
    [{ scopes: 'a', audience: 'census' }, 'the app has no "census"; it has billing'],
    [{ scopes: 'a', handler: 'delete me' }, 'is no name of a method'],
    [{ scopes: 'a', project: 'shop' }, 'there is no "shop"; there are billing'],
    [
      { scopes: 'a', module: 'src/other.module.ts' },
      'apps/billing/src/other.module.ts does not exist',
    ],
    [{ scopes: 'a', module: 'src/config.ts' }, 'has no class with @Module()'],
  ])('refuses %j', async (options, problem) => {
    await expect(route(options)).rejects.toThrow(problem);
    expect(tree.exists(controller)).toBe(false);
  });

  it('refuses what is there already', async () => {
    await route({ scopes: 'a' });
    await expect(route({ scopes: 'a' })).rejects.toThrow('has GET /invoices/:id already');
    await expect(route({ path: 'invoices/:number', scopes: 'a' })).rejects.toThrow(
      'has a method one already: give --handler',
    );
    tree.write('apps/billing/src/notes.controller.ts', 'export class NotesController {}');
    await expect(route({ path: 'notes', scopes: 'a' })).rejects.toThrow(
      'has no class NotesController with @Controller()',
    );
  });

  it('refuses an app that nothing guards', async () => {
    await expect(
      protectedRouteGenerator(treeWithApp(), { path: 'a', project: 'shop', scopes: 'a' }),
    ).rejects.toThrow('shop does not register CountersignModule: nx g @countersign/nx:init shop');
  });

  it('refuses a module whose controllers are not written out', async () => {
    const path = 'apps/billing/src/app.module.ts';
    tree.write(path, textIn(tree, path).replace('[BillingController]', 'all'));
    await expect(route({ scopes: 'a' })).rejects.toThrow('controllers are not written out there');
  });
});
