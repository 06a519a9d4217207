/** Reads messages as Nest frames them over TCP: `<length>#<JSON>`, the length in UTF-16 code units. */

// Ten million code units at most: a longer prefix is none, however little of it has come.
const LONGEST_PREFIX = 8;
const prefix = /^[1-9]\d*$/;

/** Cuts a stream of bytes into messages, however it is cut into chunks. @internal */
export class FrameReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** What came and was not read: a beginning of a prefix, or of the message it announced. */
  #text = '';
  /** Length of the message that comes, once it is known. */
  #length: number | undefined;

  constructor(
    private readonly maxLength: number,
    private readonly parse: (text: string) => unknown,
  ) {}

  /** Whether a message has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#text !== '' || this.#length !== undefined;
  }

  /**
   * The messages that end in this chunk.
   * @throws Error for bytes that are not UTF-8, a length that is none or over the limit, and what
   * `parse` refuses. Nothing that follows can be read then.
   */
  *read(chunk: Uint8Array): Generator<unknown> {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    for (;;) {
      this.#length ??= this.#readLength();
      if (this.#length === undefined || this.#text.length < this.#length) return;
      const text = this.#text.slice(0, this.#length);
      this.#text = this.#text.slice(this.#length);
      this.#length = undefined;
      yield this.parse(text);
    }
  }

  #readLength(): number | undefined {
    const head = this.#text.slice(0, LONGEST_PREFIX + 1);
    const end = head.indexOf('#');
    if (end === -1 && head.length <= LONGEST_PREFIX) return undefined;
    const digits = head.slice(0, Math.max(end, 0));
    if (!prefix.test(digits)) throw new Error('a message begins without its length');
    if (Number(digits) > this.maxLength) throw new Error('a message is too long');
    this.#text = this.#text.slice(end + 1);
    return Number(digits);
  }
}
