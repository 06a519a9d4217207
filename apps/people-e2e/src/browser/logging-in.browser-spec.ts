import type { Page } from 'playwright-core';

import { goToLogin, isLoggedIn, logIn, setStage, typeAccount, type Stage } from './stage.js';

describe('logging in with a browser', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ 'auth-server': { LOGIN_ATTEMPTS: '3' } });
  });
  afterAll(() => stage?.close());
  afterEach(() => expect(stage.complaints).toEqual([]));

  const errors = (page: Page) => page.locator('#errors').innerText();
  const webApp = () => stage.fleet.urls.webApp;

  it('tells nobody whether it was the e-mail or the password, and lets the right one in', async () => {
    const page = await stage.newPage();
    const { sender } = stage.accounts;
    await goToLogin(stage, page);
    await typeAccount(page, { email: 'nobody@example.test', password: sender.password });
    const ofNobody = await errors(page);
    await typeAccount(page, { ...sender, password: 'not the password' });
    expect(await errors(page)).toBe(ofNobody);
    expect(await page.locator('#password').inputValue()).toBe('');
    expect(await page.locator('#email').inputValue()).toBe(sender.email);
    await typeAccount(page, sender);
    await page.locator('#allow').click();
    await page.locator('#send').waitFor();
  });

  it('makes who guesses wait, even with the right password then, and nobody else', async () => {
    const guesser = await stage.newPage();
    const { stranger, sender } = stage.accounts;
    await goToLogin(stage, guesser);
    for (let guess = 0; guess < 4; guess += 1)
      await typeAccount(guesser, { ...stranger, password: `guess number ${guess}` });
    expect(await errors(guesser)).toContain('Too many attempts');
    await typeAccount(guesser, stranger);
    expect(await errors(guesser)).toContain('Too many attempts');
    expect(await isLoggedIn(stage, guesser)).toBe(false);
    await logIn(stage, await stage.newPage(), sender);
  });

  it('ends at the application, with nothing, for who does not agree', async () => {
    const page = await stage.newPage();
    await goToLogin(stage, page);
    await typeAccount(page, stage.accounts.recipient);
    await page.locator('#deny').click();
    await page.getByRole('heading', { name: 'You are not logged in' }).waitFor();
    expect(page.url()).toContain(`${webApp()}callback?`);
    expect(await isLoggedIn(stage, page)).toBe(false);
  });

  it('ends at the application for who goes back before the password', async () => {
    const page = await stage.newPage();
    await goToLogin(stage, page);
    await page.locator('#cancel').click();
    await page.getByRole('heading', { name: 'You are not logged in' }).waitFor();
    expect(await isLoggedIn(stage, page)).toBe(false);
  });

  it('works with the keyboard alone', async () => {
    const page = await stage.newPage();
    const { recipient } = stage.accounts;
    await page.goto(webApp());
    const focus = async (locator: string): Promise<void> => {
      for (let steps = 0; steps < 15; steps += 1) {
        if (await page.locator(`${locator}:focus`).count()) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`the keyboard does not lead to ${locator} on ${page.url()}`);
    };
    await focus('a[href="/login"]');
    await page.keyboard.press('Enter');
    await page.locator('#password').waitFor();
    await focus('#email');
    await page.keyboard.type(recipient.email);
    await focus('#password');
    await page.keyboard.type(recipient.password);
    await page.keyboard.press('Enter');
    await page.locator('#allow').waitFor();
    await focus('#allow');
    await page.keyboard.press('Enter');
    await page.locator('#send').waitFor();
    await focus('#send button');
    await page.keyboard.press('Enter');
    await page.locator('.list .state').first().waitFor();
    await focus('#logout button');
    await page.keyboard.press('Enter');
    await page.locator('#yes').waitFor();
    await focus('#yes');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Log in' }).waitFor();
  });

  it('works without JavaScript', async () => {
    const page = await stage.newPage({ javaScriptEnabled: false });
    await logIn(stage, page, stage.accounts.sender);
    await page.getByRole('button', { name: 'Send me a notification' }).click();
    await page.locator('.list .state').first().waitFor();
  });

  it('is done once by a form that is sent twice', async () => {
    const page = await stage.newPage();
    const { recipient } = stage.accounts;
    const mails = () => stage.fleet.mail.mailbox.mails.filter(({ to }) => to === recipient.email);
    await goToLogin(stage, page);
    await page.locator('#email').fill(recipient.email);
    await page.locator('#password').fill(recipient.password);
    await page.locator('#submit').dblclick();
    await page.locator('#allow').or(page.locator('#send')).first().waitFor();
    if (await page.locator('#allow').count()) await page.locator('#allow').dblclick();
    await page.locator('#send').waitFor();
    const before = mails().length;
    const shown = await page.locator('.list .state').count();
    await page.getByRole('button', { name: 'Send me a notification' }).dblclick();
    await page.locator('.list .state').nth(shown).waitFor();
    await page.goto(`${webApp()}notifications`);
    expect(await page.locator('.list .state').count()).toBe(shown + 1);
    const isTheirs = ({ to }: { readonly to: string }) => to === recipient.email;
    await stage.fleet.mail.mailbox.waitFor(
      (mail) => isTheirs(mail) && mails().length > before,
      20_000,
    );
    expect(mails().length).toBe(before + 1);
  });

  it('is not undone, done again or broken by the way back', async () => {
    const page = await stage.newPage();
    await logIn(stage, page, stage.accounts.sender);
    await page.goBack();
    // Wherever that is: what is sent from there ends at a page that says where to go on.
    if (await page.locator('#submit').count()) await typeAccount(page, stage.accounts.sender);
    else if (await page.locator('#allow').count()) await page.locator('#allow').click();
    expect(await isLoggedIn(stage, page)).toBe(true);
  });

  it('ends by logging out, here and at the provider; the way back shows nothing of it', async () => {
    const page = await stage.newPage();
    await logIn(stage, page, stage.accounts.sender);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.locator('#yes').click();
    await page.getByRole('link', { name: 'Log in' }).waitFor();
    expect(page.url()).toBe(webApp());
    await page.goBack();
    await page.goBack();
    expect(await page.locator('#send').count()).toBe(0);
    expect(await isLoggedIn(stage, page)).toBe(false);
    await goToLogin(stage, page);
    expect(await page.locator('#password').count()).toBe(1);
  });
});
