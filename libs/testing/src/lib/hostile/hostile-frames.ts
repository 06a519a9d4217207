/** Bytes that break the framing of Nest's messages over TCP, or the form of what is framed. */
import { messageFrame } from '../message-frame.js';

/** One thing to send; whoever reads it has to end the connection, and answers nothing. @publicApi */
export interface HostileFrame {
  readonly name: string;
  readonly bytes: Buffer;
}

const good = { id: 'a', pattern: 'sum', data: {} };

const framed = (json: string): string => `${json.length}#${json}`;

const framings: Readonly<Record<string, string | Buffer>> = {
  'a length of zero': '0#',
  'a negative length': '-5#{}abc',
  'a length that is no number': 'NaN#{}',
  'a length with a sign': '+2#{}',
  'a length with a fraction': '2.0#{}',
  'a length in hex': '0x2#{}',
  'a length with an exponent': '1e1#{"a":true}',
  'a length after a space': ' 2#{}',
  'a length after a zero': '02#{}',
  'a length with a word behind it': '2x#{}',
  'no length': '#{}',
  'an announcement of 1 GB': '1073741824#{',
  'an announcement that no number holds': `${'9'.repeat(400)}#{`,
  'a prefix without an end': '1'.repeat(100_000),
  'a request of HTTP': 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a handshake of TLS': Buffer.from('160301020001', 'hex'),
  'bytes that are not UTF-8': Buffer.from([0x33, 0x23, 0x22, 0xff, 0x22]),
  'a byte order mark': '\uFEFF2#{}',
  'a message and half a frame that is none': Buffer.concat([messageFrame(good), Buffer.from('x#')]),
};

const texts: Readonly<Record<string, string>> = {
  'no JSON': framed('{"id":'),
  'a length that cuts a message short': '3#{}{}',
  'a member twice': framed('{"id":"a","pattern":"sum","pattern":"other","data":{}}'),
  'metadata with a member twice': framed(
    '{"id":"a","pattern":"sum","data":{},"metadata":{"authorization":"a","authorization":"b"}}',
  ),
  'a prototype': framed('{"id":"a","pattern":"sum","data":{},"__proto__":{"guard":null}}'),
  'a hundred levels': framed(
    `{"id":"a","pattern":"sum","data":${'['.repeat(100)}${']'.repeat(100)}}`,
  ),
};

const announced = (data: string) => ({
  ...good,
  data,
  metadata: { 'content-type': 'application/json' },
});

const packets: Readonly<Record<string, unknown>> = {
  null: null,
  'a number': 1,
  'a list': [good],
  'no pattern': { id: 'a', data: {} },
  'a pattern of 2,000 characters': { ...good, pattern: 'a'.repeat(2_000) },
  'a pattern with half a surrogate pair': { ...good, pattern: 'a\uD800' },
  'an id that is no string': { ...good, id: { toString: 'a' } },
  'an id of 1,000 characters': { ...good, id: 'a'.repeat(1_000) },
  'metadata as a list': { ...good, metadata: ['authorization', 'a'] },
  'metadata with an object in it': { ...good, metadata: { authorization: { a: 1 } } },
  'a thousand pieces of metadata': {
    ...good,
    metadata: Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`a${at}`, 'a'])),
  },
  'data announced as JSON that is none': announced('{"a":'),
  'data with half a surrogate pair': announced('"\uD800"'),
  'data with a member twice': announced('{"email":"a","email":"b"}'),
  'data with a prototype': announced('{"__proto__":{"admin":true}}'),
  'data of a hundred levels': announced('['.repeat(100) + ']'.repeat(100)),
};

const rows = (
  from: Readonly<Record<string, unknown>>,
  write: (value: never) => Buffer,
): readonly HostileFrame[] =>
  Object.entries(from).map(([name, value]) => ({ name, bytes: write(value as never) }));

/** Everything that ends a connection. @publicApi */
export const hostileFrames: readonly HostileFrame[] = [
  ...rows(framings, (bytes: string) => Buffer.from(bytes)),
  ...rows(texts, (bytes: string) => Buffer.from(bytes)),
  ...rows(packets, messageFrame),
];
