import { visible } from '../output/visible.js';
import { arrowsOf } from './arrows.js';
import { layOut, type Box, type Route } from './layout.js';
import { order, type Edge } from './reach.js';

// Dark where the reader's system is: the drawing brings its own ground, so that it is read anywhere.
const style = `
  .ground { fill: #ffffff } .line { stroke: #57606a } .head { fill: #57606a }
  .service { fill: #ddf4ff; stroke: #0969da } .client { fill: #f6f8fa; stroke: #57606a }
  .words { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .line { stroke: #9198a1 } .head { fill: #9198a1 }
    .service { fill: #121d2f; stroke: #4493f8 } .client { fill: #151b23; stroke: #9198a1 }
    .words { fill: #0d1117; stroke: #3d444d } text { fill: #f0f6fc }
  }
  .line { fill: none; stroke-width: 1.5 }
  text { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
  .name { font-size: 13px; font-weight: 600 }`;

/**
 * A drawing of its own, without script, font or picture from elsewhere. Services of the fleet have
 * square corners, other clients round ones.
 */
export function drawSvg(edges: readonly Edge[], services: readonly string[]): string {
  const isService = new Set(services);
  const names = [...new Set([...services, ...edges.flatMap(({ from, to }) => [from, to])])];
  const { boxes, routes, width, height } = layOut(names.sort(order), arrowsOf(edges));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="Who may call whom">`,
    `<style>${style}\n</style>`,
    `<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="head" d="M0 1 L9 5 L0 9 z"/></marker></defs>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    ...routes.map(drawRoute),
    ...boxes.map((box) => drawBox(box, isService)),
    '</svg>',
    '',
  ].join('\n');
}

function drawRoute({ boxes }: Route): string {
  const parts = boxes.slice(1).map((box, at) => curve(boxes[at] as Box, box));
  const passes = boxes.filter(({ kind }) => kind === 'point').map(pass);
  return `<path class="line" d="${[...passes, ...parts].join(' ')}" marker-end="url(#head)"/>`;
}

/** Straight through its column. */
const pass = ({ x, y, width, height }: Box): string =>
  `M${point({ x, y: y + height / 2 })} h${round(width)}`;

/** From side to side; between boxes of one column, out to the right and back. */
function curve(from: Box, to: Box): string {
  const isRight = to.x >= from.x + from.width;
  const isLeft = to.x + to.width <= from.x;
  const start = { x: isLeft ? from.x : from.x + from.width, y: from.y + from.height / 2 };
  const end = { x: isRight ? to.x : to.x + to.width, y: to.y + to.height / 2 };
  const bend = Math.max(20, Math.abs(end.x - start.x) / 2) * (isLeft ? -1 : 1);
  const [one, two] = [start.x + bend, end.x - (isRight || isLeft ? bend : -bend)];
  return `M${point(start)} C${point({ x: one, y: start.y })} ${point({ x: two, y: end.y })} ${point(end)}`;
}

function drawBox({ kind, lines, x, y, width, height }: Box, services: ReadonlySet<string>): string {
  if (kind === 'point') return '';
  const [first = ''] = lines;
  const corner = kind === 'node' && !services.has(first) ? height / 2 : 4;
  const look = kind === 'words' ? 'words' : services.has(first) ? 'service' : 'client';
  const frame = `<rect class="${look}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(corner)}"/>`;
  const texts = lines.map((text, at) => {
    const baseline = y + height / 2 + (at - (lines.length - 1) / 2) * 16 + 4;
    const name = kind === 'node' ? ' class="name"' : '';
    return `<text${name} x="${round(x + width / 2)}" y="${round(baseline)}" text-anchor="middle">${escape(text)}</text>`;
  });
  return [frame, ...texts].join('\n');
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
const point = ({ x, y }: { readonly x: number; readonly y: number }): string =>
  `${round(x)} ${round(y)}`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text, and nothing that a browser would obey. */
const escape = (text: string): string =>
  visible(text).replace(/[&<>"']/g, (character) => entities[character] as string);
