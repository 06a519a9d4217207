import { cast, send, userUri, type Answer, type Fleet } from '@countersign/fleet';
import { until } from '@countersign/testing';

import { startFaultyRelay, type Deed, type FaultyRelay, type Step } from './faulty-relay.js';
import { idOf, senderToken } from './herald-fleet.js';
import { startHeraldFleet } from './start-herald-fleet.js';

const recipient = 'bruno@example.test';
/** A connection that ends is reset or closed: which of it, the kernel says. */
const lost = expect.stringMatching(/^(?:econnection|esocket)$/) as string;
/** Dialogues that go wrong before all is well again. */
const times = 2;

const settings = {
  DELIVERY_RETRY_SECONDS: '0.1',
  DELIVERY_RETRY_MAX_SECONDS: '0.2',
  DELIVERY_POLL_SECONDS: '0.1',
  DELIVERY_LEASE_SECONDS: '4',
  SMTP_TIMEOUT_SECONDS: '1',
  NOTIFICATIONS_PER_MINUTE: '100000',
  METRICS_PORT: '0',
};

interface Story {
  readonly fleet: Fleet;
  readonly relay: FaultyRelay;
  notify(user: number): Promise<Answer>;
  /** What Herald says of a notification once it is no longer pending. */
  settled(answer: Answer): Promise<Answer>;
  /** Why attempts at it failed, each time, as the log has it. */
  setbacks(answer: Answer): readonly unknown[];
  stop(): Promise<void>;
}

async function begin(environment: Readonly<Record<string, string>> = {}): Promise<Story> {
  const relay = await startFaultyRelay();
  const fleet = await startHeraldFleet({
    herald: { ...settings, SMTP_URL: relay.url, ...environment },
  });
  const token = await senderToken(fleet);
  const read = (answer: Answer): Promise<Answer> =>
    send(answer.headers['location'] ?? '', { token });
  return {
    fleet,
    relay,
    notify: (user) =>
      send(new URL('notification/', fleet.urls.herald).href, {
        method: 'POST',
        token,
        json: { user: userUri(fleet.urls, user), type: 'welcome-message' },
      }),
    settled: async (answer) => {
      let state = await read(answer);
      const isSettled = async (): Promise<boolean> => {
        state = await read(answer);
        return state.json['state'] !== 'pending';
      };
      await until(isSettled, {
        seconds: 30,
        otherwise: () => `still ${JSON.stringify(state.json)}`,
      });
      return state;
    },
    setbacks: (answer) =>
      fleet.services.herald.log.entries
        .filter((entry) => entry['event'] === 'notification.pending')
        .filter((entry) => entry['notification'] === idOf(answer))
        .map((entry) => entry['reason']),
    stop: async () => {
      await fleet.stop();
      await relay.close();
    },
  };
}

describe('Herald', () => {
  let story: Story;

  beforeAll(async () => {
    story = await begin();
  }, 120_000);

  afterAll(() => story?.stop());

  const copiesOf = (answer: Answer): number =>
    story.relay.mails.filter(({ messageId }) => messageId.includes(idOf(answer))).length;

  /** Something that goes wrong for one recipient while another waits for mail, too. */
  it.each<[string, Step, Deed, string]>([
    ['greylists a recipient', 'RCPT', { answer: '450 4.7.1 later' }, 'smtp_450'],
    ['has no room for a recipient', 'RCPT', { answer: '452 4.2.2 full' }, 'smtp_452'],
    ['is told to go away at a recipient', 'RCPT', { answer: '421 4.3.2 bye' }, 'smtp_421'],
    ['says nothing to a recipient', 'RCPT', 'silence', 'etimedout'],
    ['drips at a recipient', 'RCPT', 'drip', 'etimedout'],
    ['wants no data', 'DATA', { answer: '451 4.3.0 later' }, 'smtp_451'],
    ['drops the connection at DATA', 'DATA', 'drop', lost],
    ['drops the connection in a mail', 'body', 'drop', lost],
  ])(
    'delivers once when the relay %s, and to others meanwhile',
    async (_what, step, deed, reason) => {
      story.relay.misbehave({ step, deed, times, recipient });
      const hindered = await story.notify(cast.recipient);
      const other = await story.notify(cast.sender);
      expect([hindered.status, other.status]).toEqual([201, 201]);

      const toOther = await story.settled(other);
      expect(toOther.json).toMatchObject({ state: 'delivered', attempts: 1 });
      const inTheEnd = await story.settled(hindered);
      expect(inTheEnd.json).toMatchObject({ state: 'delivered', attempts: times + 1 });
      expect(story.setbacks(hindered)).toEqual([reason, reason]);
      expect([copiesOf(hindered), copiesOf(other)]).toEqual([1, 1]);
    },
  );

  it.each<[string, Step, Deed, string]>([
    ['is busy', 'greeting', { answer: '421 4.3.2 busy' }, 'smtp_421'],
    ['has nothing to say', 'greeting', 'silence', 'etimedout'],
    ['hangs up', 'greeting', 'drop', lost],
    ['drips its greeting', 'greeting', 'drip', 'etimedout'],
    ['speaks another protocol', 'greeting', { answer: 'HTTP/1.1 400 Bad Request' }, 'eprotocol'],
    ['talks without end', 'EHLO', { answer: `250-${'x'.repeat(2 ** 21)}` }, 'eprotocol'],
    ['refuses to talk', 'greeting', { answer: '554 5.7.1 no' }, 'smtp_554'],
    ['refuses the sender for now', 'MAIL', { answer: '451 4.3.0 later' }, 'smtp_451'],
  ])(
    'keeps what it has when the relay %s, and delivers it once after',
    async (_what, step, deed, reason) => {
      story.relay.misbehave({ step, deed, times });
      const answer = await story.notify(cast.recipient);
      expect(answer.status).toBe(201);
      const state = await story.settled(answer);
      expect(state.json).toMatchObject({ state: 'delivered', attempts: times + 1 });
      expect(story.setbacks(answer)).toEqual([reason, reason]);
      expect(copiesOf(answer)).toBe(1);
    },
  );

  it('sends again under the same Message-ID what the relay took without saying so', async () => {
    story.relay.misbehave({ step: 'content', deed: 'drop', times, recipient });
    const answer = await story.notify(cast.recipient);
    const state = await story.settled(answer);
    expect(state.json).toMatchObject({ state: 'delivered', attempts: times + 1 });
    // Nobody can know that the first one was taken: at least once, and recognisable.
    expect(copiesOf(answer)).toBe(times + 1);
  });

  it.each<[string, Step, string]>([
    ['the recipient', 'RCPT', '550 5.1.1 unknown'],
    ['the sender', 'MAIL', '553 5.1.8 not you'],
    ['the mail', 'content', '554 5.6.0 spam'],
  ])(
    'tries no more when the relay refuses %s for good, until it is told to',
    async (_what, step, line) => {
      story.relay.misbehave({ step, deed: { answer: line }, times: 1 });
      const answer = await story.notify(cast.recipient);
      const state = await story.settled(answer);
      expect(state.json).toMatchObject({
        state: 'failed',
        attempts: 1,
        reason: `smtp_${line.slice(0, 3)}`,
      });
      const token = await senderToken(story.fleet);
      const again = await send(`${answer.headers['location']}resend/`, { method: 'POST', token });
      expect(again.status).toBe(202);
      expect((await story.settled(answer)).json).toMatchObject({ state: 'delivered' });
    },
  );

  it('counts its attempts, by what became of them', async () => {
    const { entries } = story.fleet.services.herald.log;
    const { url } = entries.find(({ event }) => event === 'metrics.listening') ?? {};
    const { text } = await send(String(url));
    for (const state of ['delivered', 'pending', 'failed']) {
      const settled = entries.filter(({ event }) => event === `notification.${state}`).length;
      expect(settled).toBeGreaterThan(0);
      expect(text).toContain(`herald_deliveries_total{state="${state}"} ${settled}\n`);
    }
  });

  it('says nothing of the people it writes to, whatever the relay says of them', () => {
    expect(story.fleet.services.herald.log.tail(10_000).join('\n')).not.toContain('@example.test>');
  });
});

describe('Herald that must have STARTTLS', () => {
  let story: Story;

  beforeAll(async () => {
    story = await begin({ SMTP_TLS: 'required' });
  }, 120_000);

  afterAll(() => story?.stop());

  it.each<[string, Deed | undefined]>([
    ['does not have it', undefined],
    ['cannot do it now', { answer: '454 4.7.0 TLS not available' }],
    ['says yes and goes on in the clear', { answer: '220 go ahead\r\n250 ok' }],
    ['hangs up instead', 'drop'],
  ])('sends nothing in the clear to a relay that %s', async (_what, deed) => {
    story.relay.misbehave(deed && { step: 'STARTTLS', deed, times: 2 });
    const answer = await story.notify(cast.recipient);
    await until(() => story.setbacks(answer).length > 1, { otherwise: 'no attempt was made' });
    expect(story.relay.said.filter((line) => /^(?:MAIL|RCPT|DATA|AUTH)/i.test(line))).toEqual([]);
    expect(story.relay.mails).toEqual([]);
  });
});
