import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Check } from './check.js';

/** What `countersign map` says of the three services and of what the demonstration grants. */
export interface FleetMap {
  /** Sections of a Markdown document. */
  readonly markdown: string;
  /** What `--check` finds, a line each; nothing when it passes. */
  readonly findings: readonly string[];
}

interface Seeds {
  readonly services: readonly object[];
  readonly clients: readonly object[];
}

const urls = {
  issuer: 'http://127.0.0.1:4000',
  herald: 'http://127.0.0.1:4001/',
  census: 'http://127.0.0.1:4002/',
};

/** Asks the built command line, about the maps that the apps' `access-map` targets wrote. */
export async function readFleetMap(root: string): Promise<FleetMap> {
  const seeds = pathToFileURL(join(root, 'tools/fleet/dist/lib/data/seeds.js')).href;
  const { demoSeeds } = (await import(seeds)) as { demoSeeds: (of: typeof urls) => Seeds };
  const { services, clients } = demoSeeds(urls);
  const directory = mkdtempSync(join(tmpdir(), 'fleet-map-'));
  const registry = join(directory, 'registry.json');
  try {
    writeFileSync(registry, JSON.stringify({ services, clients }));
    const ask = (...args: readonly string[]) =>
      countersignMap(root, ['--registry', registry, ...args]);
    const drawn = ask('--format', 'markdown');
    if (drawn.status !== 0) throw new Error(`countersign map failed: ${drawn.stderr}`);
    const checked = ask(
      '--check',
      '--baseline',
      join(root, 'tools/fleet/access-map-baseline.json'),
    );
    const findings = checked.stdout.split('\n').filter((line) => line !== '');
    // It may also fail before it finds anything.
    const failure = checked.status === 0 || findings.length > 0 ? [] : [checked.stderr.trim()];
    return { markdown: drawn.stdout, findings: [...findings, ...failure] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function countersignMap(root: string, args: readonly string[]) {
  const program = join(root, 'tools/cli/dist/main.js');
  const maps = join(root, 'access-maps');
  return spawnSync(process.execPath, [program, 'map', maps, ...args], { encoding: 'utf8' });
}

const HEADING = `# The access map of our own fleet

Generated from the code of the three services and from what \`npm start\` registers (\`npx nx run
checks:write-docs\`). How such a map is made and checked: [guide](guides/access-map.md). What
\`countersign map --check\` finds here and is meant stands, with reasons, in
\`tools/fleet/access-map-baseline.json\`.
`;

/** The text of `docs/access-map.md`. */
export const accessMapDocument = ({ markdown }: FleetMap): string => `${HEADING}\n${markdown}`;

/** Nothing is demanded, granted or declared in the demonstration that cannot work or nobody needs. */
export const fleetMapCheck: Check = {
  name: 'the demonstration passes countersign map --check',
  run: ({ fleetMap }) => fleetMap.findings,
};
