import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One case of a Wycheproof file. */
export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
  readonly [member: string]: unknown;
}

/** Cases that share a key. */
export interface VectorGroup {
  readonly tests: readonly Vector[];
  readonly [member: string]: unknown;
}

/** Reads a JSON file beside this one. */
export function load(path: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
}

/** The groups of a Wycheproof file. */
export function loadGroups(name: string): readonly VectorGroup[] {
  return (load(`wycheproof/${name}_test.json`) as { testGroups: VectorGroup[] }).testGroups;
}

type Judged = Record<'accepted' | 'refused', Record<Vector['result'], number[]>>;

/** Cases of these groups by what `accepts` made of them: numbers, in order. */
export function judge(
  groups: readonly VectorGroup[],
  accepts: (vector: Vector, group: VectorGroup) => boolean,
): Judged {
  const judged = nothingYet();
  for (const group of groups)
    for (const vector of group.tests) note(judged, vector, accepts(vector, group));
  return judged;
}

/** {@link judge}, one after the other, where accepting takes its time. */
export async function judgeEach(
  groups: readonly VectorGroup[],
  accepts: (vector: Vector, group: VectorGroup) => Promise<boolean>,
): Promise<Judged> {
  const judged = nothingYet();
  for (const group of groups)
    for (const vector of group.tests) note(judged, vector, await accepts(vector, group));
  return judged;
}

function nothingYet(): Judged {
  const empty = () => ({ valid: [], invalid: [], acceptable: [] });
  return { accepted: empty(), refused: empty() };
}

function note(judged: Judged, { result, tcId }: Vector, isAccepted: boolean): void {
  judged[isAccepted ? 'accepted' : 'refused'][result].push(tcId);
}
