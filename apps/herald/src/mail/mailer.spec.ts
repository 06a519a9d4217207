import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import type { SMTPServerOptions } from 'smtp-server';

import { relayRefusal, startMailRelay, type MailRelay } from '../../test/support/mail-relay.js';
import { composeMail } from './compose-mail.js';
import { Mailer, type OutgoingMail } from './mailer.js';
import { parseSmtpUrl, type SmtpTls } from './smtp-settings.js';

const mail: OutgoingMail = {
  ...composeMail('welcome-message', 'Bob <b>'),
  messageId: '<5f1d@herald.example>',
  to: 'bob@example.com',
  date: new Date('2026-01-02T03:04:05Z'),
};
const never = new AbortController().signal;

describe('Mailer', () => {
  const cleanUp: (() => unknown)[] = [];

  afterEach(async () => {
    for (const clean of cleanUp.splice(0)) await clean();
  });

  const mailerTo = (url: string, tls?: SmtpTls): Mailer => {
    const mailer = new Mailer({
      smtp: parseSmtpUrl(url, tls),
      from: { name: 'Herald', address: 'no-reply@herald.example' },
      hostname: 'herald.example',
      timeoutMs: 200,
    });
    cleanUp.push(() => mailer.close());
    return mailer;
  };
  const relay = async (options?: SMTPServerOptions): Promise<MailRelay> => {
    const started = await startMailRelay(options);
    cleanUp.push(() => started.close());
    return started;
  };
  const rawServer = async (onConnection: (socket: Socket) => void): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      onConnection(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanUp.push(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('delivers text and HTML under the given Message-ID', async () => {
    const { url, mails } = await relay();
    await expect(mailerTo(url).send(mail, never)).resolves.toEqual({ delivered: true });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      envelopeTo: ['bob@example.com'],
      messageId: '<5f1d@herald.example>',
      subject: 'Welcome',
      date: mail.date,
    });
    expect(mails[0]?.text).toContain('Hello Bob <b>,');
    expect(mails[0]?.html).toContain('Hello Bob &lt;b&gt;,');
    expect(mails[0]?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it.each(['bob@example.com\r\nBcc: eve@evil.example', 'a@x.example, b@x.example', ''])(
    'does not even connect for the address %j',
    async (to) => {
      let connections = 0;
      const url = await rawServer(() => connections++);
      const outcome = await mailerTo(url).send({ ...mail, to }, never);
      expect(outcome).toEqual({ delivered: false, permanent: true, reason: 'address_unusable' });
      expect(connections).toBe(0);
    },
  );

  it.each<[string, SMTPServerOptions, boolean, string]>([
    [
      'the recipient for good',
      { onRcptTo: (_a, _s, done) => done(relayRefusal(550)) },
      true,
      'smtp_550',
    ],
    [
      'the recipient for now',
      { onRcptTo: (_a, _s, done) => done(relayRefusal(450)) },
      false,
      'smtp_450',
    ],
    [
      'the sender for good',
      { onMailFrom: (_a, _s, done) => done(relayRefusal(553)) },
      true,
      'smtp_553',
    ],
    [
      'the content for good',
      { onData: (stream, _s, done) => stream.resume().on('end', () => done(relayRefusal(554))) },
      true,
      'smtp_554',
    ],
    [
      'the content for now',
      { onData: (stream, _s, done) => stream.resume().on('end', () => done(relayRefusal(451))) },
      false,
      'smtp_451',
    ],
    [
      'everybody, at the door',
      { onConnect: (_s, done) => done(relayRefusal(554)) },
      false,
      'smtp_554',
    ],
  ])('tells how a relay refuses %s', async (_, options, permanent, reason) => {
    const { url, mails } = await relay(options);
    const outcome = await mailerTo(url).send(mail, never);
    expect(outcome).toEqual({ delivered: false, permanent, reason });
    expect(mails).toHaveLength(0);
  });

  it('reports a relay that is down as something that passes', async () => {
    const { url, close } = await startMailRelay();
    await close();
    const outcome = await mailerTo(url).send(mail, never);
    expect(outcome).toMatchObject({ delivered: false, permanent: false });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['hangs up', (socket) => socket.destroy()],
    [
      'drips',
      (socket) => {
        const drip = setInterval(() => socket.write('220-'), 50);
        socket.on('close', () => clearInterval(drip));
      },
    ],
    ['speaks no SMTP', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('gives up soon on a relay that %s', async (_, behave) => {
    const mailer = mailerTo(await rawServer(behave));
    const started = performance.now();
    await expect(mailer.send(mail, never)).resolves.toMatchObject({
      delivered: false,
      permanent: false,
    });
    expect(performance.now() - started).toBeLessThan(mailer.attemptMs + 500);
  });

  it.each<[string, string]>([
    ['in the middle of the content', 'content'],
    ['after the content, before it has said that it took it', 'end'],
    ['instead of asking for the content', 'DATA'],
  ])('tries again later when the relay hangs up %s', async (_, moment) => {
    const url = await rawServer((socket) => speakSmtpUntil(moment, socket));
    const outcome = await mailerTo(url).send(mail, never);
    expect(outcome).toMatchObject({ delivered: false, permanent: false });
  });

  it.each([
    ['421', 'MAIL'],
    ['450', 'RCPT'],
    ['452', 'RCPT'],
    ['451', 'end'],
  ])('tries again later when the relay says %s to %s', async (code, moment) => {
    const url = await rawServer((socket) => speakSmtpUntil(moment, socket, `${code} later\r\n`));
    const outcome = await mailerTo(url).send(mail, never);
    expect(outcome).toEqual({ delivered: false, permanent: false, reason: `smtp_${code}` });
  });

  it('stops when it is told to', async () => {
    const url = await rawServer(() => undefined);
    const outcome = await mailerTo(url).send(mail, AbortSignal.abort());
    expect(outcome).toEqual({ delivered: false, permanent: false, reason: 'eabort' });
  });

  it('sends nothing in the clear when STARTTLS is demanded and not offered', async () => {
    const { url, mails } = await relay();
    const outcome = await mailerTo(url, 'required').send(mail, never);
    expect(outcome).toMatchObject({ delivered: false, permanent: false });
    expect(mails).toHaveLength(0);
  });

  it('sends nothing to a relay whose certificate nobody vouches for', async () => {
    // smtp-server brings a self-signed certificate of its own.
    const { url, mails } = await relay({ disabledCommands: [] });
    const outcome = await mailerTo(url, 'required').send(mail, never);
    expect(outcome).toMatchObject({ delivered: false, permanent: false });
    expect(mails).toHaveLength(0);
  });

  it('does not go on without the login it was given', async () => {
    const { url, mails } = await relay({ disabledCommands: ['STARTTLS', 'AUTH'] });
    const withLogin = url.replace('smtp://', 'smtp://herald:pass@');
    const outcome = await mailerTo(withLogin).send(mail, never);
    expect(outcome).toMatchObject({ delivered: false, permanent: false });
    expect(mails).toHaveLength(0);
  });
});

/** A relay that takes every step until `moment`, says its last word and hangs up. */
function speakSmtpUntil(moment: string, socket: Socket, lastWord = ''): void {
  let content: string | undefined;
  const leave = (): void => void socket.end(lastWord, () => socket.destroy());
  socket.write('220 relay.example\r\n');
  socket.setEncoding('utf8').on('data', (text: string) => {
    if (content === undefined) {
      const [verb = ''] = text.trim().split(/[ :]/);
      if (verb === moment) leave();
      else if (verb === 'DATA') socket.write(`354 ${(content = 'go on')}\r\n`);
      else socket.write('250 relay.example\r\n');
      return;
    }
    content += text;
    if (moment === 'content' || content.endsWith('\r\n.\r\n')) leave();
  });
}
