import { cast, userUri } from '@countersign/fleet';

import { goToLogin, setStage, typeAccount, type Stage } from './stage.js';

describe('a person at the web-app', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.close());

  it('logs in, agrees, presses the button, and gets the mail that was sent in their name', async () => {
    const { fleet, accounts } = stage;
    const subject = userUri(fleet.urls, cast.sender);
    const page = await stage.newPage();
    const spoken: string[] = [];
    page.on('response', (response) => {
      spoken.push(response.url(), JSON.stringify(response.headers()));
    });

    await goToLogin(stage, page);
    expect(new URL(page.url()).origin).toBe(fleet.urls.issuer);
    await typeAccount(page, accounts.sender);
    await expect(page.locator('#asks').innerText()).resolves.toContain('notifications:send');
    await page.locator('#allow').click();
    await page.getByRole('heading', { name: 'Hello, Nora Blue' }).waitFor();
    expect(page.url()).toBe(`${fleet.urls.webApp}notifications`);

    await page.getByRole('button', { name: 'Send me a notification' }).click();
    await page.locator('.list .state').waitFor();
    const mail = await fleet.mail.mailbox.waitFor(({ to }) => to === accounts.sender.email, 20_000);
    expect(mail.text).toContain('Nora Blue');
    for (const [service, caller] of [
      ['herald', 'web-app'],
      ['census', 'herald'],
    ] as const) {
      const granted = fleet.services[service].log.entries.filter(
        (entry) => entry['event'] === 'access.granted' && entry['caller'] === caller,
      );
      expect(granted.length).toBeGreaterThan(0);
      for (const entry of granted) expect(entry['subject']).toBe(subject);
    }
    await page.getByText('delivered').or(page.getByText('Look again')).first().waitFor();
    while ((await page.getByText('delivered').count()) === 0)
      await page.getByRole('link', { name: 'Look again' }).click();

    const cookies = await page.context().cookies(fleet.urls.webApp);
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
      ['web-app-session', true, 'Lax'],
    ]);
    const stored = JSON.stringify(await page.context().storageState());
    expect(stored + spoken.join() + (await page.content())).not.toMatch(/eyJ/);
    expect(stage.complaints).toEqual([]);
  });
});
