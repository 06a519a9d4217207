import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { freePorts } from '../ports.js';
import { send } from '../send.js';
import { startMailSink, type MailSink } from './start-mail-sink.js';

/** Speaks SMTP line by line, as a client without any library would; resolves with each answer. */
async function speakSmtp(port: number, lines: readonly string[]): Promise<string[]> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const answers: string[] = [];
  const nextAnswer = async (): Promise<string> => {
    let text = '';
    while (!/^\d{3} .*\r\n$/m.test(text)) text += String((await once(socket, 'data'))[0]);
    return text;
  };
  answers.push(await nextAnswer());
  for (const line of lines) {
    socket.write(`${line}\r\n`);
    answers.push(await nextAnswer());
  }
  socket.destroy();
  return answers;
}

const dialogue = (body: string): string[] => [
  'EHLO test',
  'MAIL FROM:<herald@example.test>',
  'RCPT TO:<bruno@example.test>',
  'DATA',
  `${body}\r\n.`,
];

const mail = [
  'Message-ID: <one@example.test>',
  'From: Herald <herald@example.test>',
  'To: Bruno <bruno@example.test>',
  'Subject: Hello',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Hello Bruno',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Hello Bruno</p>',
  '--b--',
].join('\r\n');

describe('startMailSink', () => {
  let sink: MailSink;
  let smtpPort: number;

  beforeEach(async () => {
    const ports = await freePorts();
    smtpPort = ports.smtp;
    sink = await startMailSink({
      smtpPort,
      httpPort: ports.mailbox,
      capacity: 2,
      maxMailBytes: 2_000,
    });
  });

  afterEach(() => sink.close());

  const mails = async (): Promise<Record<string, unknown>[]> =>
    JSON.parse((await send(sink.mailboxUrl)).text) as Record<string, unknown>[];

  it('shows a mail that came by SMTP as JSON, with its text and its HTML', async () => {
    await speakSmtp(smtpPort, dialogue(mail));
    const [first] = await mails();
    expect(first).toMatchObject({
      messageId: '<one@example.test>',
      subject: 'Hello',
      text: expect.stringContaining('Hello Bruno') as string,
      html: expect.stringContaining('<p>Hello Bruno</p>') as string,
      envelope: { from: 'herald@example.test', to: ['bruno@example.test'] },
    });
    expect(first?.['from']).toContain('herald@example.test');
    expect(first?.['to']).toContain('bruno@example.test');
    expect(new Date(String(first?.['receivedAt'])).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('forgets all mails on DELETE', async () => {
    await speakSmtp(smtpPort, dialogue(mail));
    expect((await send(sink.mailboxUrl, { method: 'DELETE' })).status).toBe(204);
    expect(await mails()).toEqual([]);
  });

  it('keeps only the newest mails', async () => {
    for (const subject of ['first', 'second', 'third']) {
      await speakSmtp(smtpPort, dialogue(`Subject: ${subject}\r\n\r\ntext`));
    }
    expect((await mails()).map((kept) => kept['subject'])).toEqual(['second', 'third']);
  });

  it('refuses a mail that is too large and keeps nothing of it', async () => {
    const line = `${'x'.repeat(70)}\r\n`;
    const answers = await speakSmtp(smtpPort, dialogue(`Subject: big\r\n\r\n${line.repeat(50)}`));
    expect(answers.at(-1)).toMatch(/^552 /);
    expect(await mails()).toEqual([]);
  });

  it.each([
    ['refuse-for-now', '451'],
    ['refuse-for-good', '550'],
  ] as const)('answers recipients by its mode: %s with %s', async (mode, code) => {
    sink.setMode(mode);
    const answers = await speakSmtp(smtpPort, dialogue(mail).slice(0, 3));
    expect(answers.at(-1)).toMatch(new RegExp(`^${code} `));
    sink.setMode('accept');
    const again = await speakSmtp(smtpPort, dialogue(mail).slice(0, 3));
    expect(again.at(-1)).toMatch(/^250 /);
  });

  it('refuses connections while stopped, and takes mail when started again', async () => {
    await sink.stopSmtp();
    await expect(speakSmtp(smtpPort, dialogue(mail))).rejects.toThrow('ECONNREFUSED');
    await sink.startSmtp();
    await speakSmtp(smtpPort, dialogue(mail));
    expect(await mails()).toHaveLength(1);
  });

  it('hands a mail to who waits for it', async () => {
    const waiting = sink.mailbox.waitFor((received) => received.subject === 'Hello', 5_000);
    await speakSmtp(smtpPort, dialogue(mail));
    expect((await waiting).messageId).toBe('<one@example.test>');
  });

  it('says so when a mail does not come', async () => {
    await expect(sink.mailbox.waitFor(() => true, 10)).rejects.toThrow(
      'no such mail within 0.01 s; the mailbox holds 0',
    );
  });

  it.each([
    ['GET', '/', 404],
    ['POST', '/messages', 405],
  ] as const)('answers %s %s with %i', async (method, path, status) => {
    const { origin } = new URL(sink.mailboxUrl);
    expect((await send(`${origin}${path}`, { method })).status).toBe(status);
  });

  it('refuses a taken SMTP port and leaves its HTTP port free', async () => {
    const { mailbox } = await freePorts();
    const start = () => startMailSink({ smtpPort, httpPort: mailbox });
    await expect(start()).rejects.toThrow('EADDRINUSE');
    await expect(start()).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${smtpPort}`,
    );
  });
});
