import ts from 'typescript';

import { nodesOf, parse } from './insert.js';
import { propertyOf } from './with-member.js';

/** The list in a source in which it is said whom the service trusts. */
export const trustLists = (text: string): readonly ts.ArrayLiteralExpression[] =>
  nodesOf(parse(text), ts.isPropertyAssignment)
    .filter(({ name }) => name.getText() === 'trust')
    .map(({ initializer }) => initializer)
    .filter(ts.isArrayLiteralExpression);

/** The names of audiences that are written out in a source. */
export const audienceNames = (text: string): readonly string[] =>
  nodesOf(parse(text), ts.isObjectLiteralExpression)
    .map((object) => propertyOf(object, 'audiences')?.initializer)
    .filter((value) => value !== undefined && ts.isObjectLiteralExpression(value))
    .flatMap((value) => [...value.properties])
    .map(({ name }) => name)
    .filter((name) => name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)))
    .map((name) => name.text);

/** Whether a source registers the module that guards. */
export const registersCountersign = (text: string): boolean =>
  nodesOf(parse(text), ts.isPropertyAccessExpression).some(
    ({ expression, name }) =>
      expression.getText() === 'CountersignModule' && /^forRoot(Async)?$/.test(name.text),
  );

/** Every text that stands in a part of a source, without its quotes. */
export const textsIn = (node: ts.Node): readonly string[] =>
  nodesOf(node, ts.isStringLiteralLike).map(({ text }) => text);

/** A value as TypeScript writes it. */
export function literal(value: string | readonly string[]): string {
  if (typeof value === 'string') return `'${value}'`;
  return `[${value.map((one) => `'${one}'`).join(', ')}]`;
}
