import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { workspaceRoot } from '@countersign/fleet';

/** One instruction: its name in capitals and what follows, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What one stage of the build copies. */
export interface Copy {
  /** The stage it comes from; the workspace where there is none. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** A stage, from its FROM on. */
export interface Stage {
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of an app's Dockerfile. */
export function readDockerfile(app: string): readonly Stage[] {
  const text = readFileSync(join(workspaceRoot, 'apps', app, 'Dockerfile'), 'utf8');
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  const stages: { name: string | undefined; instructions: Instruction[] }[] = [
    { name: 'arguments', instructions: [] },
  ];
  for (const line of lines.split('\n').filter((line) => line.trim() !== '')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push({ name: / AS (\S+)$/.exec(rest)?.[1], instructions: [] });
    stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** The texts of all instructions of this name. */
export function textsOf({ instructions }: Stage, name: string): readonly string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** What a stage copies. */
export function copiesOf(stage: Stage): readonly Copy[] {
  return textsOf(stage, 'COPY').map((text) => {
    const [, from, paths = ''] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(text) ?? [];
    const words = paths.split(' ');
    return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
  });
}

/** The environment that a stage sets. */
export function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.split(' '));
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}
