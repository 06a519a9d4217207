import { visible } from '../output/visible.js';
import { arrowsOf } from './arrows.js';
import { order, type Edge } from './reach.js';

/** A flow chart for Mermaid; names that others wrote stay text, whatever is in them. */
export function drawMermaid(edges: readonly Edge[], services: readonly string[]): string {
  const names = [...new Set([...services, ...edges.flatMap(({ from, to }) => [from, to])])];
  const isService = new Set(services);
  const ids = new Map(names.sort(order).map((name, at) => [name, `n${at}`]));
  const nodes = names.map((name) => {
    const [open, close] = isService.has(name) ? ['[', ']'] : ['([', '])'];
    return `  ${ids.get(name)}${open}"${escape(name)}"${close}`;
  });
  const links = arrowsOf(edges).map(
    ({ from, to, lines }) =>
      `  ${ids.get(from)} -->|"${lines.map(escape).join('<br/>')}"| ${ids.get(to)}`,
  );
  return `${['flowchart LR', ...nodes, ...links].join('\n')}\n`;
}

/** Mermaid's own entities (`#35;`): quotes, brackets and HTML in a label would be obeyed. */
const escape = (text: string): string =>
  visible(text).replace(/[^A-Za-z0-9 .,:/_()+=-]/g, (character) => `#${character.codePointAt(0)};`);
