import { until } from '@countersign/testing';

import { isLoggedIn, logIn, setStage, type Stage } from './stage.js';

describe('the session of a browser', () => {
  let stage: Stage;
  afterEach(() => stage?.close());

  it('is renewed behind the back of the person, and ends when its time is over', async () => {
    stage = await setStage({
      // Shorter than the margin of the web-app: every page needs new tokens.
      'auth-server': { PEOPLE_ACCESS_TOKEN_LIFETIME: '10' },
      'web-app': { SESSION_LIFETIME: '12' },
    });
    const page = await stage.newPage();
    await logIn(stage, page, stage.accounts.sender);
    for (let times = 0; times < 3; times += 1) expect(await isLoggedIn(stage, page)).toBe(true);
    await until(async () => !(await isLoggedIn(stage, page)), { seconds: 30 });
    expect(page.url()).toBe(`${stage.fleet.urls.webApp}?ended`);
    await page.getByRole('status').waitFor();
    // The provider still knows the person: one click, no password.
    await page.getByRole('link', { name: 'Log in' }).click();
    await page.locator('#send').waitFor();
  });
});
