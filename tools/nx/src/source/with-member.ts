import ts from 'typescript';

import { insert } from './insert.js';

/** The property of an object literal that has a name. */
export function propertyOf(
  object: ts.ObjectLiteralExpression,
  name: string,
): ts.PropertyAssignment | undefined {
  return object.properties
    .filter(ts.isPropertyAssignment)
    .find(
      (one) =>
        (ts.isIdentifier(one.name) || ts.isStringLiteral(one.name)) && one.name.text === name,
    );
}

/** The source with one more element at the end of a list. */
export function withElement(
  text: string,
  list: ts.ArrayLiteralExpression,
  element: string,
): string {
  const last = list.elements.at(-1);
  if (last !== undefined) return insert(text, { at: last.end, text: `, ${element}` });
  return insert(text, { at: list.end - 1, text: element });
}

/** The source with one more property at the end of an object literal. */
export function withProperty(
  text: string,
  object: ts.ObjectLiteralExpression,
  property: string,
): string {
  const last = object.properties.at(-1);
  if (last !== undefined) return insert(text, { at: last.end, text: `, ${property}` });
  return insert(text, { at: object.end - 1, text: property });
}

/**
 * The source with one more element in the list that a property of an object literal is; the property
 * is made where it is missing. Undefined where the property is no list that is written out.
 */
export function withListed(
  text: string,
  object: ts.ObjectLiteralExpression,
  name: string,
  element: string,
): string | undefined {
  const property = propertyOf(object, name);
  if (property === undefined) {
    const isShorthand = object.properties.some((one) => one.name?.getText() === name);
    return isShorthand ? undefined : withProperty(text, object, `${name}: [${element}]`);
  }
  if (!ts.isArrayLiteralExpression(property.initializer)) return undefined;
  const isKnown = property.initializer.elements.some((one) => one.getText() === element);
  return isKnown ? text : withElement(text, property.initializer, element);
}
