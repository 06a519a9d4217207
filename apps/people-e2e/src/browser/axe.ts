import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds wrong with the page that is shown, one line each, whatever its weight. It is put in
 * by the debugger, past the page's own Content-Security-Policy.
 */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(source);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.map(({ id, impact, nodes }) => {
    const [first] = nodes;
    return `${page.url()} ${impact ?? ''} ${id}: ${first?.html ?? ''} ${first?.failureSummary ?? ''}`;
  });
}
