import { ruleInWords, type AccessMapDocument } from '@countersign/token';

import { visible } from '../output/visible.js';
import { asInWords, viaInWords } from './arrows.js';
import { drawMermaid } from './draw-mermaid.js';
import type { Edge } from './reach.js';

/** Drawing, callers and routes of a fleet, as sections of a Markdown document. */
export function drawMarkdown(edges: readonly Edge[], maps: readonly AccessMapDocument[]): string {
  const names = maps.map(({ service }) => service);
  return [
    '```mermaid',
    drawMermaid(edges, names).trimEnd(),
    '```',
    '',
    '## Who may call whom',
    '',
    ...tableOf(
      ['Caller', 'Service', 'As', 'Token', 'Scopes', 'Routes'],
      edges.map((edge) => [
        edge.from,
        edge.to,
        asInWords(edge),
        viaInWords(edge.via),
        edge.scopes.join(', ') || 'none',
        String(edge.routes.length),
      ]),
    ),
    ...maps.flatMap((map) => routesOf(map, edges)),
    '',
  ].join('\n');
}

function routesOf(map: AccessMapDocument, edges: readonly Edge[]): readonly string[] {
  const callersOf = (route: AccessMapDocument['routes'][number]) => [
    ...new Set(edges.filter(({ routes }) => routes.includes(route)).map(({ from }) => from)),
  ];
  return [
    '',
    `## ${plain(map.service)}`,
    '',
    ...tableOf(
      ['Route', 'Demands', 'Who gets there'],
      map.routes.map((route) => [
        `${route.method} ${route.path}`,
        ruleInWords(route.rule),
        route.rule.access === 'public' ? 'everybody' : callersOf(route).join(', ') || 'nobody',
      ]),
    ),
  ];
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)];
}

/** Characters that Markdown would obey become text. */
const plain = (text: string): string => visible(text).replace(/[\\|`*_<>[\]#]/g, '\\$&');
