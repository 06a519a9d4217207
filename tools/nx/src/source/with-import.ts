import ts from 'typescript';

import { insert, parse } from './insert.js';

/** The source with names imported from a module; unchanged where it has them. */
export function withImport(text: string, from: string, ...names: readonly string[]): string {
  const imports = parse(text).statements.filter(ts.isImportDeclaration);
  const known = imports.filter((one) => moduleOf(one) === from).flatMap(namedBindings);
  const missing = names.filter((name) => !known.flatMap(namesOf).includes(name));
  if (missing.length === 0) return text;
  const last = known.at(-1)?.elements.at(-1);
  if (last !== undefined) return insert(text, { at: last.end, text: `, ${missing.join(', ')}` });
  const line = `import { ${missing.join(', ')} } from '${from}';`;
  const before = imports.filter((one) => isRelative(from) || !isRelative(moduleOf(one))).at(-1);
  if (before !== undefined) {
    const gap = isRelative(from) && !isRelative(moduleOf(before)) ? '\n\n' : '\n';
    return insert(text, { at: before.end, text: gap + line });
  }
  return insert(text, { at: imports[0]?.getStart() ?? startOf(text), text: `${line}\n\n` });
}

const moduleOf = (one: ts.ImportDeclaration): string =>
  ts.isStringLiteral(one.moduleSpecifier) ? one.moduleSpecifier.text : '';

const isRelative = (module: string): boolean => module.startsWith('.');

function namedBindings({ importClause }: ts.ImportDeclaration): readonly ts.NamedImports[] {
  const bindings = importClause?.namedBindings;
  const isValue = importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
  return bindings && ts.isNamedImports(bindings) && isValue ? [bindings] : [];
}

/** What the source calls them is what counts: of `{ a as b }` it is `b`; a type is no value. */
const namesOf = ({ elements }: ts.NamedImports): readonly string[] =>
  elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text);

/** Behind a shebang and the comment of the file. */
function startOf(text: string): number {
  const [first] = parse(text).statements;
  return first === undefined ? text.length : first.getStart();
}
