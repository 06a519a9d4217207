/** Changes of TypeScript sources, found by its own syntax tree. Must not know generators or the workspace. */
import ts from 'typescript';

/** Text to be put into a source. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** The syntax tree of a source. */
export const parse = (text: string): ts.SourceFile =>
  ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);

/** The source with texts inserted, each where it was meant before the others went in. */
export function insert(text: string, ...insertions: readonly Insertion[]): string {
  return [...insertions]
    .sort((one, other) => other.at - one.at)
    .reduce((changed, { at, text }) => changed.slice(0, at) + text + changed.slice(at), text);
}

/** Every node below one that is of a kind, in the order of the source. */
export function nodesOf<Kind extends ts.Node>(
  node: ts.Node,
  isKind: (node: ts.Node) => node is Kind,
): readonly Kind[] {
  const found: Kind[] = [];
  const visit = (one: ts.Node): void => {
    if (isKind(one)) found.push(one);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}
