/**
 * What travels in a frame: Nest's packet, with the token beside the data. Where the data has to be
 * signed it travels as the text that was signed, announced by its content type.
 */
import { parseStrictJson, type HeaderFields } from '@countersign/token';

/** A packet as it came, every part of it of a known form. @internal */
export interface Packet {
  /** Absent of an event. */
  readonly id: string | undefined;
  readonly pattern: string;
  readonly data: unknown;
  /** The bytes that `data` was parsed from, if it came as text. */
  readonly content: Uint8Array | undefined;
  /** What was sent beside the data, as the sender wrote it. */
  readonly metadata: object;
  /** The same as header fields. */
  readonly fields: HeaderFields;
}

/** The content type under which `data` is the text of a JSON value. @internal */
export const CONTENT_TYPE = 'application/json';

const MAX_PATTERN = 1024;
const MAX_ID = 128;
const MAX_FIELDS = 64;
/** Deep enough for what services say to each other; no handler's recursion must depend on the sender. */
const MAX_DEPTH = 64;

/**
 * Parses what came over a connection, a packet or the text of its data.
 * @throws SyntaxError for JSON that two parsers could read differently, or that is nested too deep.
 * @internal
 */
export const parseReceived = (text: string): unknown =>
  parseStrictJson(text, { maxDepth: MAX_DEPTH });

/**
 * Reads a packet that was parsed from a frame.
 * @throws Error for one that breaks the protocol: there is nobody to answer to then.
 * @internal
 */
export function readPacket(frame: unknown): Packet {
  const { id, pattern, data, metadata = {} } = record(frame, 'a packet');
  check(id === undefined || (typeof id === 'string' && id.length <= MAX_ID), 'id');
  const fields = readFields(record(metadata, 'metadata'));
  return {
    id,
    pattern: readPattern(pattern),
    metadata: metadata as object,
    fields,
    ...readData(data, fields),
  };
}

function readPattern(pattern: unknown): string {
  check(pattern !== undefined, 'pattern');
  // As Nest writes what it then finds the handler by.
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
  check(text.length <= MAX_PATTERN && isWellFormed(text), 'pattern');
  return text;
}

/** Names differ in case only by mistake, so that values of both are values of one. */
function readFields(metadata: Readonly<Record<string, unknown>>): HeaderFields {
  const entries = Object.entries(metadata);
  check(entries.length <= MAX_FIELDS, 'metadata');
  const fields = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of entries)
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      check(typeof one === 'string', 'metadata');
      (fields[name.toLowerCase()] ??= []).push(one);
    }
  return fields;
}

function readData(data: unknown, fields: HeaderFields): Pick<Packet, 'data' | 'content'> {
  const [type] = fields['content-type'] ?? [];
  if (type !== CONTENT_TYPE || typeof data !== 'string') return { data, content: undefined };
  check(isWellFormed(data), 'data');
  return { data: parseReceived(data), content: Buffer.from(data) };
}

/** Half a surrogate pair has no UTF-8: what is sent for it is sent for other texts, too. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), what);
  return value as Record<string, unknown>;
}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`a message breaks the protocol: ${what}`);
}
