// npm run test:browser: finds a browser, then runs the tests that need one. Plain JavaScript with
// nothing but Node: without a browser it says so at once, before anything is built.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..', '..');
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser that COUNTERSIGN_BROWSER names, and only that; or the first that is found. */
function findBrowser() {
  const told = process.env['COUNTERSIGN_BROWSER'];
  const everywhere = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const candidates = told ? [told] : [...everywhere, ...elsewhere];
  return candidates.find(isExecutable);
}

const browser = findBrowser();
if (browser === undefined) {
  const what = process.env['COUNTERSIGN_BROWSER'] ?? 'a Chromium or Chrome';
  process.stderr.write(
    `test:browser: ${what} is not here. On Debian: apt-get install -y chromium; elsewhere set COUNTERSIGN_BROWSER to the program.\n`,
  );
  process.exitCode = 1;
} else {
  const nx = createRequire(join(root, 'package.json')).resolve('nx/bin/nx.js');
  const { status } = spawnSync(
    process.execPath,
    [nx, 'run', 'people-e2e:browser', '--outputStyle=stream', ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      env: { NX_DAEMON: 'false', NX_TUI: 'false', ...process.env, COUNTERSIGN_BROWSER: browser },
    },
  );
  process.exitCode = status ?? 1;
}
