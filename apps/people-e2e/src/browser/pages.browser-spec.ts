import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { accessibilityProblems } from './axe.js';
import { goToLogin, setStage, typeAccount, type Stage } from './stage.js';

/** Where pictures of all pages go, for people to look at. */
const pictures = process.env['COUNTERSIGN_PICTURES'];

describe.each(['light', 'dark'] as const)(
  'in %s, no page has anything that axe objects to',
  (scheme) => {
    let stage: Stage;
    let page: Page;
    beforeAll(async () => {
      stage = await setStage();
      page = await stage.newPage({ colorScheme: scheme, viewport: { width: 900, height: 640 } });
      if (pictures) mkdirSync(pictures, { recursive: true });
    });
    afterAll(() => stage?.close());

    async function look(name: string): Promise<void> {
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`) });
      expect(await accessibilityProblems(page)).toEqual([]);
      const [language, title, headings] = [
        await page.locator('html').getAttribute('lang'),
        await page.title(),
        await page.locator('h1').count(),
      ];
      expect([language, title !== '', headings]).toEqual(['en', true, 1]);
      // Nobody has to scroll sideways, on a telephone either.
      const shown = page.viewportSize();
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${scheme}-small.png`) });
      if (shown) await page.setViewportSize(shown);
      expect(width).toBeLessThanOrEqual(320);
    }

    it('on the way in, at the application, and out again', async () => {
      const { urls } = stage.fleet;
      await page.goto(urls.webApp);
      await look('start');
      await page.goto(`${urls.webApp}?ended`);
      await look('ended');
      await page.goto(`${urls.webApp}callback`);
      await look('log-in-over');
      await goToLogin(stage, page);
      await look('login');
      await typeAccount(page, { ...stage.accounts.sender, password: 'wrong' });
      await look('login-wrong');
      await typeAccount(page, stage.accounts.sender);
      await page.locator('#allow').waitFor();
      await look('consent');
      await page.locator('#allow').click();
      await page.locator('#send').waitFor();
      await look('notifications-none');
      await page.locator('#send button').click();
      await page.locator('.list .state').waitFor();
      await look('notifications');
      await page.locator('#logout button').click();
      await page.locator('#yes').waitFor();
      await look('logout');
      expect(stage.complaints).toEqual([]);
    });

    it('about forgotten passwords, spent links, and pages that are not there', async () => {
      const { urls } = stage.fleet;
      await page.goto(`${urls.issuer}/people/reset`);
      await look('forgotten');
      await page.locator('#submit').click();
      await look('forgotten-wrong');
      await page.locator('#email').fill('nobody@example.test');
      await page.locator('#submit').click();
      await page.locator('#message').waitFor();
      await look('forgotten-sent');
      await page.goto(`${urls.issuer}/people/password/no-such-link`);
      await look('link-over');
      await page.goto(`${urls.issuer}/people/authorize?client_id=nobody`);
      await look('engine-error');
      expect(stage.complaints).toEqual([]);
    });
  },
);
