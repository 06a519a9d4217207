/**
 * Where the boxes of a drawing stand: callers left, those they call right of them, the words of each
 * arrow between. Arrows that would lead back are laid out the other way round. Knows no colours.
 */
import type { Arrow } from './arrows.js';
import { order } from './reach.js';

/** A box: a node, the words of an arrow, or a point where an arrow passes a column. */
export interface Box {
  readonly kind: 'node' | 'words' | 'point';
  readonly lines: readonly string[];
  width: number;
  readonly height: number;
  x: number;
  y: number;
}

/** An arrow as the boxes that it leads through, from its caller to whom it calls. */
export interface Route {
  readonly boxes: readonly Box[];
}

/** A drawing, in pixels. */
export interface Layout {
  readonly boxes: readonly Box[];
  readonly routes: readonly Route[];
  readonly width: number;
  readonly height: number;
}

const character = 6.7;
const line = 16;
const gap = { x: 44, y: 22 };
const margin = 24;

/** Lays out arrows between these names. */
export function layOut(names: readonly string[], arrows: readonly Arrow[]): Layout {
  const levels = levelsOf(names, arrows);
  const columns: Box[][] = [];
  const put = (column: number, box: Box): Box => {
    (columns[column] ??= []).push(box);
    return box;
  };
  const nodes = new Map(
    names.map((name) => [name, put((levels.get(name) ?? 0) * 2, boxOf('node', [name]))]),
  );
  const routes = arrows.map((arrow) => routeOf(arrow, { levels, nodes, put }));
  for (let at = 0; at < columns.length; at += 1) columns[at] ??= [];
  untangle(columns, routes);
  return placed(columns, routes);
}

function boxOf(kind: Box['kind'], lines: readonly string[]): Box {
  const longest = Math.max(0, ...lines.map((text) => text.length));
  const room = kind === 'node' ? { x: 32, y: 24 } : { x: 16, y: 10 };
  const width =
    kind === 'point' ? 0 : Math.ceil(longest * character * (kind === 'node' ? 1.2 : 1)) + room.x;
  const height = kind === 'point' ? 8 : lines.length * line + room.y;
  return { kind, lines, width, height, x: 0, y: 0 };
}

/** The longest way from somebody whom nobody calls; arrows that close a circle do not count. */
function levelsOf(names: readonly string[], arrows: readonly Arrow[]): Map<string, number> {
  const levels = new Map<string, number>();
  const onWay = new Set<string>();
  const levelOf = (name: string): number => {
    const known = levels.get(name);
    if (known !== undefined) return known;
    onWay.add(name);
    const callers = arrows.filter(({ from, to }) => to === name && !onWay.has(from));
    const level = Math.max(0, ...callers.map(({ from }) => levelOf(from) + 1));
    onWay.delete(name);
    levels.set(name, level);
    return level;
  };
  [...names].sort(order).forEach(levelOf);
  return levels;
}

interface Made {
  readonly levels: ReadonlyMap<string, number>;
  readonly nodes: ReadonlyMap<string, Box>;
  readonly put: (column: number, box: Box) => Box;
}

function routeOf({ from, to, lines }: Arrow, { levels, nodes, put }: Made): Route {
  const ends = [from, to].map((name) => ({
    node: nodes.get(name) as Box,
    column: (levels.get(name) ?? 0) * 2,
  }));
  const [left, right] = ends.sort((a, b) => a.column - b.column) as [End, End];
  const between: Box[] = [];
  const words = boxOf('words', lines);
  // Of two in one column, the words stand in the next.
  between.push(put(left.column + 1, words));
  for (let column = left.column + 2; column < right.column; column += 1)
    between.push(put(column, boxOf('point', [])));
  const boxes = [left.node, ...between, right.node];
  return { boxes: nodes.get(from) === left.node ? boxes : boxes.reverse() };
}

interface End {
  readonly node: Box;
  readonly column: number;
}

/** Boxes move to the middle of those they are joined with, column by column, to and fro. */
function untangle(columns: readonly Box[][], routes: readonly Route[]): void {
  const neighbours = new Map<Box, Box[]>();
  for (const { boxes } of routes)
    boxes.forEach((box, at) => {
      const beside = [boxes[at - 1], boxes[at + 1]].filter((one) => one !== undefined);
      neighbours.set(box, [...(neighbours.get(box) ?? []), ...beside]);
    });
  for (let sweep = 0; sweep < 6; sweep += 1) {
    const places = new Map(
      columns.flatMap((column) =>
        column.map((box, at) => [box, (at + 0.5) / column.length] as const),
      ),
    );
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const middle = new Map(column.map((box) => [box, middleOf(box, neighbours, places)]));
      column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      column.forEach((box, at) => places.set(box, (at + 0.5) / column.length));
    }
  }
}

function middleOf(
  box: Box,
  neighbours: ReadonlyMap<Box, readonly Box[]>,
  places: ReadonlyMap<Box, number>,
): number {
  const beside = (neighbours.get(box) ?? []).map((one) => places.get(one) ?? 0);
  if (beside.length === 0) return places.get(box) ?? 0;
  return beside.reduce((sum, place) => sum + place, 0) / beside.length;
}

function placed(columns: readonly Box[][], routes: readonly Route[]): Layout {
  const heights = columns.map((column) =>
    column.reduce((sum, { height }) => sum + height + gap.y, -gap.y),
  );
  const tallest = Math.max(0, ...heights);
  let x = margin;
  columns.forEach((column, at) => {
    const width = Math.max(0, ...column.map((box) => box.width));
    const space = column.length > 0 ? (tallest - (heights[at] ?? 0)) / (column.length + 1) : 0;
    let y = margin + space;
    for (const box of column) {
      // An arrow passes a column straight, and bends where there is room.
      if (box.kind === 'point') box.width = width;
      box.x = x + (width - box.width) / 2;
      box.y = y;
      y += box.height + gap.y + space;
    }
    x += width + gap.x;
  });
  const width = Math.max(x - gap.x + margin, 2 * margin);
  return { boxes: columns.flat(), routes, width, height: tallest + 2 * margin };
}
