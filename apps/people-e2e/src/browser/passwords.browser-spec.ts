import { demoUser, userUri } from '@countersign/fleet';
import type { Page } from 'playwright-core';

import { accessibilityProblems } from './axe.js';
import {
  goToLogin,
  invite,
  isLoggedIn,
  linkFor,
  logIn,
  setStage,
  typeAccount,
  type Stage,
} from './stage.js';

describe('a password', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.close());
  afterEach(() => expect(stage.complaints).toEqual([]));

  const password = 'seven herons over a grey lake';

  async function choose(page: Page, first: string, repeated = first): Promise<void> {
    await page.locator('#password').fill(first);
    await page.locator('#repeat').fill(repeated);
    await page.locator('#submit').click();
  }

  it('is chosen by who was invited by mail, once, and opens the web-app', async () => {
    const { id, name, email } = demoUser(8);
    await invite(stage, { user: userUri(stage.fleet.urls, id), email, name });
    const link = await linkFor(stage, email, 'Choose your password');
    const page = await stage.newPage({ colorScheme: 'dark' });
    await page.goto(link);
    expect(await page.locator('#email').inputValue()).toBe(email);
    expect(await accessibilityProblems(page)).toEqual([]);
    await choose(page, 'short');
    await page.locator('#errors').waitFor();
    await choose(page, password, `${password}!`);
    await page.locator('#errors').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await choose(page, password);
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await page.goto(link);
    await page.getByRole('heading', { name: 'This link is over' }).waitFor();
    await logIn(stage, page, { email, password });
    await page.getByRole('heading', { name: `Hello, ${name}` }).waitFor();
  });

  it('that was forgotten is set anew by mail; the old one, and sessions that it opened, are over', async () => {
    const { recipient } = stage.accounts;
    const elsewhere = await stage.newPage();
    await logIn(stage, elsewhere, recipient);
    const page = await stage.newPage();
    await goToLogin(stage, page);
    await page.locator('#forgotten').click();
    await page.locator('#email').fill(recipient.email);
    await page.locator('#submit').click();
    await page.locator('#message').waitFor();
    await page.goto(await linkFor(stage, recipient.email, 'Choose a new password'));
    await choose(page, password);
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await goToLogin(stage, page);
    await typeAccount(page, recipient);
    await page.locator('#errors').waitFor();
    await typeAccount(page, { ...recipient, password });
    await page.locator('#allow').or(page.locator('#send')).first().waitFor();
    await elsewhere.locator('#send button').click();
    await elsewhere.getByRole('link', { name: 'Log in' }).waitFor();
    expect(await isLoggedIn(stage, elsewhere)).toBe(false);
  });
});
