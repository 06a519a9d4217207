import ts from 'typescript';

import { nodesOf, parse } from './insert.js';
import { withListed } from './with-member.js';

const listed = (text: string): string | undefined => {
  const [object] = nodesOf(parse(text), ts.isObjectLiteralExpression);
  if (object === undefined) throw new Error('no object');
  return withListed(text, object, 'imports', 'X');
};

describe('withListed', () => {
  it.each([
    ['an empty object', `f({})`, `f({imports: [X]})`],
    ['an object without the list', `f({ a: 1, })`, `f({ a: 1, imports: [X], })`],
    ['an empty list', `f({ imports: [] })`, `f({ imports: [X] })`],
    ['a list', `f({ imports: [A, B(c)] })`, `f({ imports: [A, B(c), X] })`],
    [
      'a list with a comma at its end',
      `f({ imports: [\n  A, // a\n] })`,
      `f({ imports: [\n  A, X, // a\n] })`,
    ],
    ['a list under a quoted name', `f({ 'imports': [A] })`, `f({ 'imports': [A, X] })`],
    ['a list that has it', `f({ imports: [X, A] })`, `f({ imports: [X, A] })`],
  ])('adds to %s', (_, text, expected) => {
    expect(listed(text)).toBe(expected);
  });

  it.each([
    `f({ imports: all })`,
    `f({ imports: [...a].concat(b) })`,
    `f({ imports })`,
    `f({ imports() {} })`,
  ])('does not guess what %s comes to', (text) => {
    expect(listed(text)).toBeUndefined();
  });
});
