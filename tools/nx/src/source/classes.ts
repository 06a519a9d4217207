import ts from 'typescript';

import { nodesOf, parse } from './insert.js';
import { propertyOf } from './with-member.js';

/** A class that a decorator is called on. */
export interface DecoratedClass {
  readonly name: string;
  readonly declaration: ts.ClassDeclaration;
  readonly decorator: ts.CallExpression;
}

/** Every named class of a source that has the decorator. */
export function classesWith(text: string, decorator: string): readonly DecoratedClass[] {
  return nodesOf(parse(text), ts.isClassDeclaration).flatMap((declaration) => {
    const call = decoratorOf(declaration, decorator);
    const name = declaration.name?.text;
    return call === undefined || name === undefined ? [] : [{ name, declaration, decorator: call }];
  });
}

/** The call of a decorator on a class or a method. */
export function decoratorOf(
  node: ts.ClassDeclaration | ts.MethodDeclaration,
  name: string,
): ts.CallExpression | undefined {
  return (ts.getDecorators(node) ?? [])
    .map(({ expression }) => expression)
    .filter(ts.isCallExpression)
    .find(({ expression }) => expression.getText() === name);
}

/**
 * The object literals that say what a module holds: what `@Module()` is given, and what functions of
 * the class answer as a dynamic module of it. The one that says most comes first.
 */
export function moduleObjects({
  name,
  declaration,
  decorator,
}: DecoratedClass): readonly ts.ObjectLiteralExpression[] {
  const [given] = decorator.arguments;
  const dynamic = nodesOf(declaration, ts.isObjectLiteralExpression).filter(
    (one) => propertyOf(one, 'module')?.initializer.getText() === name,
  );
  const all = [...dynamic, ...(given && ts.isObjectLiteralExpression(given) ? [given] : [])];
  return all.sort((one, other) => other.properties.length - one.properties.length);
}
