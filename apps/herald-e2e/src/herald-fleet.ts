import {
  cast,
  send,
  tokenFor,
  userUri,
  webClient,
  type Answer,
  type Fleet,
} from '@countersign/fleet';
import { until } from '@countersign/testing';

/** What a client knows of the requests it made: its own book, apart from Herald's. */
export class Ledger {
  /** Id of the notification by the key of the request, once Herald has said 201. */
  readonly acknowledged = new Map<string, string>();
  /** Answers other than 201, and failed connections, by what they were. */
  readonly setbacks = new Map<string, number>();
  private keys = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly token: string,
  ) {}

  /** A ledger for a client that speaks for the sender. */
  static async open(fleet: Fleet): Promise<Ledger> {
    return new Ledger(fleet, await senderToken(fleet));
  }

  /** A key no request has used. */
  newKey(): string {
    return `request-${++this.keys}`;
  }

  /** Asks once, and writes down what became of it; `true` when it was acknowledged. */
  async ask(key: string, herald = this.fleet.urls.herald): Promise<boolean> {
    const answer = await this.post(key, herald).catch((error: Error & { code?: string }) => error);
    if ('status' in answer && answer.status === 201) {
      this.write(key, idOf(answer));
      return true;
    }
    const what = 'status' in answer ? `answered ${answer.status}` : (answer.code ?? answer.name);
    this.setbacks.set(what, (this.setbacks.get(what) ?? 0) + 1);
    return false;
  }

  /** Asks under one key until it is acknowledged, as a client does that lost the answer. */
  async insist(key: string): Promise<void> {
    while (!(await this.ask(key))) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  private post(key: string, herald: string): Promise<Answer> {
    return send(new URL('notification/', herald).href, {
      method: 'POST',
      token: this.token,
      headers: { 'idempotency-key': key },
      json: { user: userUri(this.fleet.urls, cast.recipient), type: 'welcome-message' },
    });
  }

  private write(key: string, id: string): void {
    const known = this.acknowledged.get(key) ?? id;
    if (known !== id) throw new Error(`${key} was acknowledged as ${known} and as ${id}`);
    this.acknowledged.set(key, id);
  }
}

/** A token with which the web client sends on behalf of the sender. */
export const senderToken = (fleet: Fleet): Promise<string> =>
  tokenFor(fleet, {
    client: webClient,
    audience: fleet.urls.herald,
    scope: 'notifications:send notifications:read',
    subject: userUri(fleet.urls, cast.sender),
  });

/** The id of the notification an answer is about. */
export const idOf = ({ headers }: Answer): string =>
  headers['location']?.split('/').filter(Boolean).at(-1) ?? 'no location';

/** How often each notification has arrived as a mail. */
export function arrivals(fleet: Fleet): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { messageId } of fleet.mail.mailbox.mails) {
    const id = messageId.slice(1).split('@')[0] ?? messageId;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Waits until every acknowledged notification has arrived at least once. */
export const untilAllArrived = (fleet: Fleet, ledger: Ledger, seconds: number): Promise<void> => {
  const missing = (): string[] => {
    const arrived = arrivals(fleet);
    return [...ledger.acknowledged.values()].filter((id) => !arrived.has(id));
  };
  return until(() => missing().length === 0, {
    seconds,
    otherwise: () => `lost: ${missing().length} of ${ledger.acknowledged.size} never arrived`,
  });
};
