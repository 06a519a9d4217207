import { chromium, type Browser } from 'playwright-core';

/** What keeps a browser from doing anything of its own accord; a container has no GPU and no sandbox. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the browser that `npm run test:browser` found, with an empty profile that goes away with it.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['COUNTERSIGN_BROWSER'];
  if (!executablePath) throw new Error('these tests need a browser; run: npm run test:browser');
  // As root, Chromium has no sandbox to start; the pages are our own.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    chromiumSandbox: !isRoot,
    args: [...quiet, ...(isRoot ? ['--no-sandbox'] : [])],
  });
}
