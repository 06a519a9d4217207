import { logger, readJson, readNxJson } from '@nx/devkit';

import { squeezed, textIn, treeWithApp, treeWithService } from '../../test/trees.js';
import { initGenerator } from './generator.js';

describe('init', () => {
  beforeEach(() => {
    jest.spyOn(logger, 'info').mockReturnValue();
  });

  it('registers the module, and says who the service is and whom it trusts', async () => {
    const tree = treeWithApp();
    await initGenerator(tree, { project: 'shop', audience: 'https://shop.example/api/' });
    expect(textIn(tree, 'apps/shop/src/app.module.ts')).toMatchInlineSnapshot(`
     "import { Module } from '@nestjs/common';
     import { CountersignModule } from '@countersign/auth';

     import { UsersController } from './users.controller.js';
     import { countersign } from './countersign.js';

     @Module({ controllers: [UsersController], imports: [CountersignModule.forRoot(countersign)] })
     export class AppModule {}
     "
    `);
    expect(textIn(tree, 'apps/shop/src/countersign.ts')).toContain(
      `audiences: { 'shop': PUBLIC_URL }`,
    );
    expect(textIn(tree, 'apps/shop/.env.example')).toBe(
      'PUBLIC_URL=https://shop.example/api/\nAUTH_SERVER_URL=http://127.0.0.1:4000\n',
    );
    expect(textIn(tree, 'apps/shop/test/support/start-app.ts')).toContain(
      'trustTestIssuers(AppModule)',
    );
    expect(readJson(tree, 'package.json')).toMatchObject({
      dependencies: { '@countersign/auth': '0.1.0', '@countersign/token': '0.1.0' },
      devDependencies: { '@countersign/testing-nest': '0.1.0' },
    });
    expect(readNxJson(tree)?.plugins).toEqual(['@countersign/nx/plugin']);
  });

  it('changes nothing the second time', async () => {
    const tree = treeWithApp();
    await initGenerator(tree, { project: 'shop' });
    const files = tree.listChanges().map(({ path, content }) => [path, String(content)]);
    await initGenerator(tree, { project: 'shop' });
    expect(tree.listChanges().map(({ path, content }) => [path, String(content)])).toEqual(files);
  });

  it('keeps the variables that an app describes', async () => {
    const tree = treeWithApp();
    tree.write('apps/shop/.env.example', 'PORT=3000\nPUBLIC_URL=https://shop.test/');
    await initGenerator(tree, { project: 'shop' });
    expect(textIn(tree, 'apps/shop/.env.example')).toBe(
      'PORT=3000\nPUBLIC_URL=https://shop.test/\nAUTH_SERVER_URL=http://127.0.0.1:4000\n',
    );
  });

  it('adds to imports that are there, of modules that functions make, too', async () => {
    const tree = treeWithApp(`import { Module } from '@nestjs/common';
@Module({})
export class AppModule {
  static forRoot(port: number) {
    return { module: AppModule, imports: [Other.forRoot({ module: 'x', port })] };
  }
}
`);
    await initGenerator(tree, { project: 'shop' });
    expect(textIn(tree, 'apps/shop/src/app.module.ts')).toMatch(
      /Other\.forRoot\(\{ module: 'x', port \}\),?\s+CountersignModule\.forRoot\(countersign\)/,
    );
    expect(tree.exists('apps/shop/test/support/start-app.ts')).toBe(false);
  });

  it('is not deceived by what only looks like a module', async () => {
    const tree = treeWithApp(`import { Module } from '@nestjs/common';
@Module({ providers: [{ provide: 'a', useValue: { module: Other, imports: [], b: 1, c: 2 } }] })
export class AppModule {}
`);
    await initGenerator(tree, { project: 'shop' });
    const text = squeezed(textIn(tree, 'apps/shop/src/app.module.ts'));
    expect(text).toContain(
      'imports:[],b:1,c:2}}],imports:[CountersignModule.forRoot(countersign)]})',
    );
  });

  it('leaves an app alone that is guarded', async () => {
    const tree = await treeWithService();
    const before = textIn(tree, 'apps/billing/src/app.module.ts');
    await initGenerator(tree, { project: 'billing' });
    expect(textIn(tree, 'apps/billing/src/app.module.ts')).toBe(before);
    expect(tree.exists('apps/billing/src/countersign.ts')).toBe(false);
  });

  it.each([
    [{ project: 'store' }, 'there is no "store"; there are shop'],
    [{ project: 'shop', service: 'Shop' }, 'service: "Shop" is no name'],
    [{ project: 'shop', audience: 'shop' }, 'audience: "shop" is no http or https URL'],
    [{ project: 'shop', module: 'src/main.ts' }, 'apps/shop/src/main.ts does not exist'],
  ])('refuses %j', async (options, problem) => {
    await expect(initGenerator(treeWithApp(), options)).rejects.toThrow(problem);
  });

  it('refuses a file that is in the way, and imports that are not written out', async () => {
    const taken = treeWithApp();
    taken.write('apps/shop/src/countersign.ts', '');
    await expect(initGenerator(taken, { project: 'shop' })).rejects.toThrow('exists already');
    const spread = treeWithApp(`@Module({ imports: all })\nexport class AppModule {}\n`);
    await expect(initGenerator(spread, { project: 'shop' })).rejects.toThrow(
      'imports are not written out',
    );
  });
});
