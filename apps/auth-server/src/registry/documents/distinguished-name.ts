/** Distinguished names, in the form people write (RFC 4514) and in the one certificates are read in. */

/** One attribute of a name: its type in upper case, its value without escapes. */
type Attribute = readonly [type: string, value: string];

const type = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/;
/** An escaped byte, an escaped character, or one that needs no escape. */
const unit = /\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^"+,;<>\\\0])/suy;

/**
 * A name in one spelling, most specific attribute first, to be compared as a whole; undefined for
 * what is no name, and for one that has several attributes in one place or a value in BER. Case and
 * spaces of values count: which of them do not is up to the schema of each attribute.
 */
export function comparableName(name: string): string | undefined {
  return comparable(splitUnescaped(name).map((part) => attributeOf(part.trimStart())));
}

/** The subject of a certificate as Node prints it, a line for each attribute, in that spelling. */
export function comparableSubject(subject: string): string | undefined {
  return comparable(subject.split('\n').map(attributeOf).reverse());
}

function comparable(attributes: readonly (Attribute | undefined)[]): string | undefined {
  return attributes.every((one) => one !== undefined) ? JSON.stringify(attributes) : undefined;
}

function splitUnescaped(name: string): string[] {
  // A comma after a backslash belongs to a value, and so does the backslash before it.
  return [...name.matchAll(/(?:^|,)((?:\\.?|[^,\\])*)/gsu)].map(([, part = '']) => part);
}

function attributeOf(text: string): Attribute | undefined {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0));
  const value = text.slice(at + 1);
  if (!type.test(name) || value === '' || value.startsWith('#')) return undefined;
  const plain = unescaped(value);
  return plain === undefined ? undefined : [name.toUpperCase(), plain];
}

/** Escaped bytes are of UTF-8, possibly several of one character. */
function unescaped(value: string): string | undefined {
  const bytes: Buffer[] = [];
  unit.lastIndex = 0;
  while (unit.lastIndex < value.length) {
    const [, hex, escaped, plain = escaped] = unit.exec(value) ?? [];
    if (hex !== undefined) bytes.push(Buffer.from(hex, 'hex'));
    else if (plain !== undefined) bytes.push(Buffer.from(plain));
    else return undefined;
  }
  return Buffer.concat(bytes).toString();
}
