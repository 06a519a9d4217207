/** Edges as they are drawn: one arrow from one to another, with a line of words for each way. */
import type { Edge } from './reach.js';

/** One arrow of a drawing. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly lines: readonly string[];
}

const by: Readonly<Record<Edge['via'], string>> = {
  'self-issued': 'signs itself',
  granted: 'granted',
  exchanged: 'exchanged',
  foreign: 'foreign server',
};

/** How an edge's token is had, in words. */
export const viaInWords = (via: Edge['via']): string => by[via];

/** As whom, in words; with the prefix of the users, as far as the audience does not say it. */
export const asInWords = ({ as, subjects }: Pick<Edge, 'as' | 'subjects'>): string =>
  as === 'itself' ? 'itself' : `users below ${subjects}`;

/** All arrows; ways with the same scopes are one line. */
export function arrowsOf(edges: readonly Edge[]): readonly Arrow[] {
  const arrows = new Map<string, Edge[]>();
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to]);
    arrows.set(key, [...(arrows.get(key) ?? []), edge]);
  }
  return [...arrows.values()].flatMap((ways) => {
    const [first] = ways;
    return first === undefined ? [] : [{ from: first.from, to: first.to, lines: linesOf(ways) }];
  });
}

function linesOf(ways: readonly Edge[]): readonly string[] {
  const lines = new Map<string, Set<string>>();
  for (const { as, scopes, via } of ways) {
    const what = `as ${as === 'itself' ? 'itself' : 'users'}: ${scopes.join(' ') || 'no scope'}`;
    lines.set(what, (lines.get(what) ?? new Set()).add(viaInWords(via)));
  }
  return [...lines].map(([what, how]) => `${what} (${[...how].join(', ')})`);
}
