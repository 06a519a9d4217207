import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './packages.js';

/** A block of code in a guide. */
export interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

/** The blocks of code under one heading of a guide. */
export function blocksOf(guide: string, heading: string): readonly Block[] {
  const text = readFileSync(join(root, 'docs/guides', guide), 'utf8');
  const [, rest] = text.split(`\n## ${heading}\n`);
  if (rest === undefined) throw new Error(`${guide} has no part "${heading}"`);
  const [part = ''] = rest.split('\n## ');
  return [...part.matchAll(/```(\w+)\n(.*?)\n```/gs)].map(([, language = '', code = '']) => ({
    language,
    lines: code.split('\n'),
  }));
}

/** The file that a block begins with the name of, as in `// src/app.module.ts`. */
export function fileOf({ lines: [first = ''] }: Block): string {
  const [, file] = /^ ?\/\/ (\S+)/.exec(first) ?? [];
  if (file === undefined) throw new Error(`"${first}" names no file`);
  return file;
}

/** The lines that a block of the language `diff` adds. */
export const addedBy = ({ lines }: Block): readonly string[] =>
  lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));

/**
 * The text with what a block of the language `diff` adds, each where its neighbours are.
 * @throws Error for a line that the text does not have: the guide shows another application.
 */
export function applied({ lines: [, ...lines] }: Block, text: string): string {
  const from = text.split('\n');
  const to: string[] = [];
  for (const line of lines) {
    const content = line.slice(1);
    if (line.startsWith('+')) to.push(content);
    else {
      const at = from.indexOf(content);
      if (at < 0) throw new Error(`the application has no line "${content}"`);
      to.push(...from.splice(0, at + 1));
    }
  }
  return [...to, ...from].join('\n');
}
