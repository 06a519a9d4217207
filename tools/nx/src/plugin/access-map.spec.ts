import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createNodes } from './access-map.js';

describe('the access-map target', () => {
  const workspaceRoot = mkdtempSync(join(tmpdir(), 'countersign-nx-'));
  afterAll(() => rmSync(workspaceRoot, { recursive: true }));
  const write = (path: string, content: object) => {
    mkdirSync(dirname(join(workspaceRoot, path)), { recursive: true });
    writeFileSync(join(workspaceRoot, path), JSON.stringify(content));
  };
  const projectsOf = async (file: string, options = {}) => {
    const [, infer] = createNodes;
    const [[, found] = ['', {}]] = await infer([file], options, {
      workspaceRoot,
      nxJsonConfiguration: {},
    });
    return found.projects ?? {};
  };

  it('is given to a project that uses the library and writes its map', async () => {
    write('apps/shop/package.json', { dependencies: { '@countersign/auth': '0.1.0' } });
    expect(await projectsOf('apps/shop/src/access-map.ts')).toMatchObject({
      'apps/shop': {
        targets: { 'access-map': { outputs: ['{workspaceRoot}/access-maps/{projectName}.json'] } },
      },
    });
    expect(await projectsOf('apps/shop/src/access-map.ts', { targetName: 'map' })).toHaveProperty([
      'apps/shop',
      'targets',
      'map',
    ]);
  });

  it('is not given to a project that does not use it, nor to a folder that is none', async () => {
    write('apps/other/package.json', { dependencies: { rxjs: '7' } });
    expect(await projectsOf('apps/other/src/access-map.ts')).toEqual({});
    expect(await projectsOf('apps/nothing/src/access-map.ts')).toEqual({});
  });

  it('is given to a project of a workspace that has the dependencies of all', async () => {
    write('package.json', { dependencies: { '@countersign/auth': '0.1.0' } });
    write('apps/flat/project.json', { name: 'flat' });
    expect(await projectsOf('apps/flat/src/access-map.ts')).toHaveProperty('apps/flat');
  });
});
