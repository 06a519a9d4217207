import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { workspaceRoot } from './lib/workspace-root.js';

const start = (...options: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(workspaceRoot, 'tools', 'fleet', 'start.js'), ...options],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
};

describe('npm start', () => {
  it('prints its options', () => {
    const { status, stdout } = start('--help');
    expect(status).toBe(0);
    for (const option of ['--once', '--port-base', '--data', '--help']) {
      expect(stdout).toContain(option);
    }
  });

  it.each([
    [['--ports', '1'], "Unknown option '--ports'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--port-base', 'x'], '--port-base takes a number from 1 to 65509, not "x"'],
    [['--port-base', '70000'], '--port-base takes a number from 1 to 65509, not "70000"'],
    [['--data', ''], '--data takes a directory'],
  ])('refuses %j before anything is built', (options, message) => {
    const { status, stdout, stderr } = start(...options);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });
});
