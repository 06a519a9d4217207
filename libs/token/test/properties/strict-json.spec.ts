/** Strict JSON beside JSON.parse: exactly the texts that lose nothing in reading are accepted. */
import fc from 'fast-check';

import { parseStrictJson } from '../../src/lib/strict-json.js';

function attempt(read: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return undefined;
  }
}

const strings = /"(?:[^"\\]|\\.)*"/gs;

/** Members that stand in a text: one colon each, once strings are out of the way. */
const membersWritten = (text: string) => text.replace(strings, '').split(':').length - 1;

function membersRead(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inner) => sum + membersRead(inner), own);
}

function depth(text: string): number {
  let deepest = 0;
  let open = 0;
  for (const bracket of text.replace(strings, '').replace(/[^[\]{}]/g, '')) {
    open += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, open);
  }
  return deepest;
}

function namesProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(namesProto);
}

const blank = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n  ');
const name = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"\\u0062"', '"A"', '""', '"__proto__"');
const simple = fc.constantFrom(
  'null',
  'true',
  '-0',
  '1e999',
  '"\\""',
  '"\\\\"',
  '"{"',
  '":"',
  '0.5',
);

/** Texts of JSON, with names that often meet again. */
const { text } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 5 },
    simple,
    fc
      .tuple(blank, fc.array(tie('text'), { maxLength: 3 }))
      .map(([space, all]) => `[${space}${all.join(`${space},`)}]`),
    fc
      .tuple(blank, fc.array(fc.tuple(name, tie('text')), { maxLength: 3 }))
      .map(
        ([space, all]) =>
          `{${all.map(([key, value]) => `${space}${key}${space}:${value}`).join(',')}${space}}`,
      ),
  ),
}));

const deep = fc
  .tuple(text, fc.integer({ min: 8, max: 20 }))
  .map(([inner, levels]) => `${'[{"a":'.repeat(levels / 2)}${inner}${'}]'.repeat(levels / 2)}`);

const edited = fc
  .tuple(text, fc.nat(), fc.constantFrom(...'{}[]":,\\ \n\u0000\u00a0\ufeff1a'), fc.nat({ max: 1 }))
  .map(([whole, at, put, drop]) => {
    const where = at % (whole.length + 1);
    return whole.slice(0, where) + put + whole.slice(where + drop);
  });

describe('for every text', () => {
  it('strict JSON reads what JSON.parse reads, unless something would be lost or hidden', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(text, deep, edited), (whole) => {
        const strict = attempt(() => parseStrictJson(whole));
        const loose = attempt(() => JSON.parse(whole));
        if (loose === undefined) return expect(strict).toBeUndefined();
        const isWhole = membersWritten(whole) === membersRead(loose.value);
        const isPlain = depth(whole) <= 16 && !namesProto(loose.value);
        if (isWhole && isPlain) accepted += 1;
        else refused += 1;
        expect(strict).toEqual(isWhole && isPlain ? loose : undefined);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(500);
  });
});
