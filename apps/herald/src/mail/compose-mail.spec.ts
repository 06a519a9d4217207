import { composeMail } from './compose-mail.js';

describe('composeMail', () => {
  it('greets by name in text and in HTML', () => {
    const mail = composeMail('welcome-message', 'Ada Lovelace');
    expect(mail.subject).toBe('Welcome');
    expect(mail.text).toContain('Hello Ada Lovelace,');
    expect(mail.html).toContain('<p>Hello Ada Lovelace,</p>');
  });

  it('writes markup in a name as text', () => {
    const mail = composeMail('welcome-message', `<script>alert("x")</script> & Søn`);
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
