import { composeMail, notificationTypes } from './compose-mail.js';

describe('composeMail', () => {
  it('greets by name in text and in HTML', () => {
    const mail = composeMail('welcome-message', 'Ada Lovelace');
    expect(mail.subject).toBe('Welcome');
    expect(mail.text).toContain('Hello Ada Lovelace,');
    expect(mail.html).toContain('<p>Hello Ada Lovelace,</p>');
  });

  it.each(notificationTypes)('writes %s to a person, in text and in HTML', (type) => {
    const mail = composeMail(type, 'Ada');
    expect(mail.subject).toMatch(/^[A-Z][^\r\n]+$/);
    expect(mail.text).toMatch(/^Hello Ada,\n\n/);
    expect(mail.html).toContain(`<title>${mail.subject}</title>`);
    expect(mail.html).toContain('<p>Hello Ada,</p>');
    expect(mail.text + mail.html).not.toContain('{{');
    // Both say the same.
    const words = (text: string): string => text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    expect(words(mail.html.slice(mail.html.indexOf('<body'))).trim()).toBe(words(mail.text).trim());
  });

  it.each(notificationTypes)('writes markup in a name as text in %s', (type) => {
    const mail = composeMail(type, `<script>alert("x")</script> & Søn`);
    expect(mail.text).toContain('Hello <script>alert("x")</script> & Søn,');
    expect(mail.html).not.toContain('<script');
    expect(mail.html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Søn');
  });

  it('does not run template syntax in a name', () => {
    const name = '{{constructor}} {{{html}}} {{#each this}}x{{/each}} ${7*7}';
    const mail = composeMail('welcome-message', name);
    expect(mail.text).toContain(`Hello ${name},`);
    expect(mail.html).not.toContain('native code');
  });

  it('keeps a name on its line', () => {
    const mail = composeMail('welcome-message', 'Ada,\r\n\r\nYour password expired: https://x');
    expect(mail.text.split('\n')[0]).toBe('Hello Ada, Your password expired: https://x,');
  });

  it('greets somebody without a visible name', () => {
    expect(composeMail('welcome-message', '\u202e\u0000').text).toContain('Hello there,');
  });
});
