/**
 * A mail relay that can be told to misbehave at one step of the dialogue (RFC 5321), for so many
 * dialogues. Written by hand: no SMTP library lets itself be broken at every step.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Where in a dialogue something goes wrong; `content` is the answer to the mail itself. */
export type Step = 'greeting' | 'EHLO' | 'STARTTLS' | 'MAIL' | 'RCPT' | 'DATA' | 'body' | 'content';

/** What is done there: a line is answered, or the connection dropped, left silent, or dripped on. */
export type Deed = { readonly answer: string } | 'drop' | 'silence' | 'drip';

/** One thing that goes wrong. */
export interface Fault {
  readonly step: Step;
  readonly deed: Deed;
  /** Dialogues in which it does, before all is well again. */
  readonly times: number;
  /** Only with mails to this address; without it, with all. */
  readonly recipient?: string;
}

/** A mail that the relay has taken, whatever the client heard of it. */
export interface TakenMail {
  readonly messageId: string;
  readonly recipient: string;
}

/** A relay on this machine. */
export interface FaultyRelay {
  readonly url: string;
  readonly mails: readonly TakenMail[];
  /** Every line that clients said, but for the mails themselves. */
  readonly said: readonly string[];
  /** From now on, instead of what was to go wrong until now. */
  misbehave(fault: Fault | undefined): void;
  close(): Promise<void>;
}

const usual: Readonly<Record<Step, string>> = {
  greeting: '220 relay.example.test ESMTP',
  EHLO: '250 relay.example.test',
  STARTTLS: '502 not here',
  MAIL: '250 sender ok',
  RCPT: '250 recipient ok',
  DATA: '354 go on',
  body: '',
  content: '250 taken',
};
const commands = new Map<string, Step>(
  (['EHLO', 'STARTTLS', 'MAIL', 'RCPT', 'DATA'] as const).map((step) => [step, step]),
);

/** Milliseconds between two bytes of an answer that drips: no client ever hears its end. */
const DRIP_MS = 200;

/** Starts a relay on a free port. */
export async function startFaultyRelay(): Promise<FaultyRelay> {
  const mails: TakenMail[] = [];
  const said: string[] = [];
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  let left = 0;

  /** What goes wrong at this step of a dialogue, if anything; counts it. */
  const deedAt = (step: Step, recipient: string): Deed | undefined => {
    if (fault?.step !== step || left === 0) return undefined;
    if (fault.recipient !== undefined && fault.recipient !== recipient) return undefined;
    left -= 1;
    return fault.deed;
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const dialogue = new Dialogue(socket, { deedAt, said, take: (mail) => mails.push(mail) });
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) =>
      dialogue.hear(line),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    said,
    misbehave: (next) => {
      fault = next;
      left = next?.times ?? 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}

interface Relay {
  readonly deedAt: (step: Step, recipient: string) => Deed | undefined;
  readonly said: string[];
  readonly take: (mail: TakenMail) => void;
}

/** One connection, line by line. */
class Dialogue {
  private recipient = '';
  /** The lines of the mail that is being said, if one is. */
  private mail: string[] | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly relay: Relay,
  ) {
    this.reach('greeting');
  }

  hear(line: string): void {
    // What was on its way when the connection was dropped, nobody hears.
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (this.mail) this.hearMail(this.mail, line);
    else this.hearCommand(line);
  }

  private hearCommand(line: string): void {
    this.relay.said.push(line);
    const step = commands.get(line.split(/[ :]/)[0]?.toUpperCase() ?? '');
    if (!step) return void this.socket.end('221 bye\r\n');
    if (step === 'RCPT') this.recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (step === 'DATA') this.mail = [];
    this.reach(step);
  }

  private hearMail(mail: string[], line: string): void {
    if (mail.length === 0) this.reach('body');
    mail.push(line);
    if (line !== '.' || this.socket.destroyed) return;
    // Taken before it is said: who hears nothing of it cannot know.
    this.relay.take({ recipient: this.recipient, messageId: messageIdOf(mail) });
    this.mail = undefined;
    this.reach('content');
  }

  private reach(step: Step): void {
    perform(this.socket, this.relay.deedAt(step, this.recipient), usual[step]);
  }
}

function perform(socket: Socket, deed: Deed | undefined, answer: string): void {
  if (deed === undefined) say(socket, answer);
  else if (deed === 'drop') socket.destroy();
  else if (deed === 'drip') drip(socket);
  else if (deed !== 'silence') say(socket, deed.answer);
}

const say = (socket: Socket, line: string): void => {
  if (line !== '') socket.write(`${line}\r\n`);
};

function drip(socket: Socket): void {
  socket.write('250-');
  const timer = setInterval(() => socket.write('x'), DRIP_MS);
  socket.once('close', () => clearInterval(timer));
}

const messageIdOf = (lines: readonly string[]): string =>
  /^message-id:\s*(<[^>]*>)/im.exec(lines.join('\n'))?.[1] ?? 'no Message-ID';
