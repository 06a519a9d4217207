/** `map`: who may call whom in a fleet, what is wrong with it, and what a leaked key would open. */
import type { Json } from '@countersign/token';
import { Option, type Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { asInWords, viaInWords } from '../map/arrows.js';
import { readBaseline, withoutAccepted } from '../map/baseline.js';
import { blastRadius, type Opened } from '../map/blast-radius.js';
import { unjudgedCalls } from '../map/check-calls.js';
import { checkFleet } from '../map/check-fleet.js';
import { drawMarkdown } from '../map/draw-markdown.js';
import { drawMermaid } from '../map/draw-mermaid.js';
import { drawSvg } from '../map/draw-svg.js';
import { keyOf, type Finding } from '../map/findings.js';
import { Fleet } from '../map/fleet.js';
import { edgesOf, type Edge } from '../map/reach.js';
import { readDocument, readMaps } from '../map/read-files.js';
import { registryFromServer } from '../map/registry-from-server.js';
import { readRegistry, type Registry } from '../map/registry.js';
import { values } from '../options.js';
import type { Terminal } from '../terminal.js';

const formats = ['table', 'json', 'mermaid', 'svg', 'markdown'] as const;

interface MapOptions {
  readonly registry?: string;
  readonly grants?: boolean;
  readonly service?: readonly string[];
  readonly format: (typeof formats)[number];
  readonly check?: boolean;
  readonly baseline?: string;
  readonly blastRadius?: string;
}

/** Adds `map`. */
export function addMapCommand(program: Command, terminal: Terminal): void {
  program
    .command('map [paths...]')
    .description('who may call whom, from the access maps of services (access-maps, unless given)')
    .option('--registry <file>', 'what was granted, from a registry file')
    .option('--grants', 'what was granted, from the authorization server')
    .option('--service <names>', 'only what these services or clients take part in', values)
    .addOption(new Option('--format <format>', 'how it is shown').choices(formats).default('table'))
    .option(
      '--check',
      'fail for scopes nobody holds, grants nobody needs, calls that cannot succeed',
    )
    .option('--baseline <file>', 'findings that --check accepts, each with its reason')
    .option('--blast-radius <service>', 'what somebody could do who has the keys of this service')
    .addHelpText(
      'after',
      '\nExamples:\n  nx run-many -t access-map && countersign map --registry registry.json\n  countersign map access-maps --grants --check\n  countersign map --registry registry.json --format svg > fleet.svg\n  countersign map --registry registry.json --blast-radius herald',
    )
    .action(async (...all: unknown[]) => {
      const paths = all[0] as readonly string[];
      await act<MapOptions>(terminal, (invocation, options) =>
        showMap(invocation, options, paths.length > 0 ? paths : ['access-maps']),
      )(...all.slice(1));
    });
}

async function showMap(
  invocation: Invocation,
  options: MapOptions,
  paths: readonly string[],
): Promise<void> {
  const fleet = await fleetOf(invocation, options, paths);
  if (fleet.registry === undefined)
    invocation.output.remark(
      'What was granted is not known: give --registry <file>, or --grants to ask the server.',
    );
  if (options.check === true) return check(invocation, options, fleet);
  if (options.blastRadius !== undefined)
    return showBlastRadius(invocation, options.blastRadius, fleet);
  show(invocation, options, fleet);
}

async function fleetOf(
  invocation: Invocation,
  { registry, grants }: MapOptions,
  paths: readonly string[],
): Promise<Fleet> {
  if (registry !== undefined && grants === true)
    throw new CliError('usage', 'Give one of --registry and --grants.');
  const maps = await readMaps(paths);
  const now = Date.now();
  let known: Registry | undefined;
  if (registry !== undefined)
    known = await readDocument(registry, (json) => readRegistry(json, now));
  if (grants === true) known = await registryFromServer(await invocation.reader(), now);
  return explained(() => new Fleet(maps, known));
}

/** What is asked for and does not fit the maps is the asker's to mend. */
function explained<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new CliError('configuration', `The maps do not fit: ${cause.message}.`, { cause });
  }
}

function show(
  { output, terminal }: Invocation,
  { format, service }: MapOptions,
  fleet: Fleet,
): void {
  const takesPart = ({ from, to }: Edge) =>
    service === undefined || service.includes(from) || service.includes(to);
  const edges = explained(() => edgesOf(fleet)).filter(takesPart);
  const maps = fleet.maps.filter(
    (map) =>
      service === undefined ||
      service.includes(map.service) ||
      edges.some(({ from, to }) => from === map.service || to === map.service),
  );
  const names = maps.map((map) => map.service);
  if (format === 'mermaid') terminal.stdout.write(drawMermaid(edges, names));
  else if (format === 'svg') terminal.stdout.write(drawSvg(edges, names));
  else if (format === 'markdown') terminal.stdout.write(drawMarkdown(edges, maps));
  else if (format === 'json' || output.isJson)
    output.json({ services: names, edges: edges.map(edgeJson) });
  else output.rows(edges.map(rowOf), columns, 'Nobody may call anybody.');
}

interface Row {
  readonly [column: string]: string | number;
  readonly caller: string;
  readonly service: string;
  readonly as: string;
  readonly token: string;
  readonly scopes: string;
  readonly routes: number;
}

const columns = (['caller', 'service', 'as', 'token', 'scopes', 'routes'] as const).map(
  (heading) => ({ heading, cell: (row: Row) => row[heading] }),
);

const rowOf = (edge: Edge): Row => ({
  caller: edge.from,
  service: edge.to,
  as: asInWords(edge),
  token: viaInWords(edge.via),
  scopes: edge.scopes.join(' '),
  routes: edge.routes.length,
});

const edgeJson = ({ routes, subjects, scopes, ...edge }: Edge | Opened): Json => ({
  ...edge,
  ...(subjects !== undefined && { subjects }),
  scopes: [...scopes],
  routes: routes.map(({ transport, method, path, handler }) => ({
    transport,
    method,
    path,
    handler,
  })),
});

async function check(
  { output }: Invocation,
  { baseline }: MapOptions,
  fleet: Fleet,
): Promise<void> {
  const accepted = baseline === undefined ? [] : await readDocument(baseline, readBaseline);
  const findings = withoutAccepted(
    explained(() => checkFleet(fleet)),
    accepted,
  );
  const unread = fleet.maps.flatMap(({ service, trustSources }) =>
    trustSources.map((source) => `${service} also trusts whom ${source} names: not in its map.`),
  );
  for (const call of unjudgedCalls(fleet)) output.remark(`No map of whom ${call}: not judged.`);
  unread.forEach((text) => output.remark(text));
  if (output.isJson) output.json(findings.map((finding) => ({ ...finding })));
  else findings.forEach((finding) => tell(finding, (text) => output.line(text)));
  if (findings.length === 0)
    return output.remark('As far as is known, everything that is declared can work and is needed.');
  const count = findings.length === 1 ? 'is one finding' : `are ${findings.length} findings`;
  throw new CliError('refused', `There ${count}.`, {
    fix: 'Mend them, or accept them with a reason in a file for --baseline.',
  });
}

function tell(finding: Finding, line: (text: string) => void): void {
  line(keyOf(finding));
  line(`  ${finding.message}`);
  line(`  Fix: ${finding.fix}`);
}

function showBlastRadius({ output }: Invocation, service: string, fleet: Fleet): void {
  const opened = explained(() => blastRadius(service, fleet));
  if (output.isJson) return output.json({ service, opened: opened.map(edgeJson) });
  output.rows(
    opened.map(openedRow),
    (['service', 'as', 'token', 'scopes', 'routes'] as const).map((heading) => ({
      heading,
      cell: (row: Row) => row[heading],
    })),
    `The keys of ${service} open nothing.`,
  );
}

const openedRow = (opened: Opened): Row => {
  const { via, through } = opened;
  const token =
    via === 'through'
      ? `through ${through.join(', ')}`
      : via === 'issued'
        ? `issued to ${opened.caller ?? 'any client'}`
        : viaInWords(via);
  return { ...rowOf({ ...opened, via: 'granted' }), token };
};
