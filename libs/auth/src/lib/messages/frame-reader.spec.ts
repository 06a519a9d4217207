import fc from 'fast-check';

import { FrameReader } from './frame-reader.js';

const reader = (maxLength = 1_000) => new FrameReader(maxLength, (text) => JSON.parse(text));

const frame = (message: unknown): Buffer => {
  const text = JSON.stringify(message);
  return Buffer.from(`${text.length}#${text}`);
};

describe('FrameReader', () => {
  it('reads the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 2 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (messages, sizes) => {
          const bytes = Buffer.concat(messages.map(frame));
          const reading = reader(1_000_000);
          const read: unknown[] = [];
          for (let at = 0; at < bytes.length;) {
            const size = sizes.next().value;
            read.push(...reading.read(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(JSON.stringify(read)).toBe(JSON.stringify(messages));
          expect(reading.isMidMessage).toBe(false);
        },
      ),
    );
  });

  it('either reads any bytes, or says that they cannot be read', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.stringMatching(/^[0-9]{0,2}#?[ -~]{0,20}$/).map((text) => Buffer.from(text)),
      fc.jsonValue({ maxDepth: 1 }).map(frame),
    );
    const ways = /^a message |^The encoded data was not valid|JSON/;
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const reading = reader();
        try {
          for (const bytes of chunks) for (const message of reading.read(bytes)) void message;
        } catch (error) {
          expect((error as Error).message).toMatch(ways);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['9', '12345678', '2#{', '4#"\u00e9'])('waits for the rest of %j', (text) => {
    const reading = reader(99_999_999);
    expect([...reading.read(Buffer.from(text))]).toEqual([]);
    expect(reading.isMidMessage).toBe(true);
  });

  it('waits for the rest of a character', () => {
    const reading = reader();
    const bytes = frame('\u00e9');
    expect([...reading.read(bytes.subarray(0, -2))]).toEqual([]);
    expect([...reading.read(bytes.subarray(-2))]).toEqual(['\u00e9']);
  });

  it('takes a message of the greatest length, and none above, before any of it has come', () => {
    expect([...reader(5).read(Buffer.from('5#"abc"'))]).toEqual(['abc']);
    expect(() => [...reader(5).read(Buffer.from('6#'))]).toThrow('too long');
    expect(() => [...reader(5).read(Buffer.from('123456789'))]).toThrow('without its length');
  });
});
