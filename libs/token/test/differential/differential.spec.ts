/**
 * Two verifiers, one mutated token after the other: what this library accepts, jose must accept too,
 * and read alike. Where only jose accepts, the reason must be one of those listed here.
 *
 * `FUZZ_RUNS` says how many tokens (1,000 unless told), `FUZZ_SEED` which; the report of a longer run
 * names its seed.
 */
import { isDeepStrictEqual } from 'node:util';

import { accessTokenClaims, user42 } from '../builders.js';
import { joses, ours, type Judgement } from './judges.js';
import { mutations } from './mutations.js';
import { progress } from './progress.js';
import { Random } from './random.js';
import { pairs, type Draft, type Member } from './signed-text.js';
import { stricterThanJose } from './stricter-than-jose.js';

const runs = Number(process.env['FUZZ_RUNS'] ?? 1000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const isLong = runs > 1000;

const members = (object: object): Member[] =>
  Object.entries(object).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);

// An RSA signature takes as long as twenty others.
const weights = { ES256: 5, EdDSA: 3, ES384: 1, RS256: 1 };

/** A service by its own right, and one that acts for a user. */
const claimsSets = [
  accessTokenClaims,
  { ...accessTokenClaims, sub: user42, act: { sub: 'herald-client' } },
];

const drafts: readonly Draft[] = pairs.flatMap((key) =>
  Array.from({ length: weights[key.alg] }).flatMap(() =>
    claimsSets.map((claims) => ({
      header: members({ alg: key.alg, kid: key.kid, typ: 'at+jwt' }),
      claims: members(claims),
      key,
    })),
  ),
);

interface Finding {
  readonly mutation: string;
  readonly token: string;
  readonly verdict: string;
}

interface Report {
  readonly accepted: Map<string, number>;
  readonly refused: Map<string, number>;
  readonly onlyJoseAccepts: Map<string, number>;
  readonly findings: Finding[];
}

const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);

async function compare(): Promise<Report> {
  const random = new Random(seed);
  const report: Report = {
    accepted: new Map(),
    refused: new Map(),
    onlyJoseAccepts: new Map(),
    findings: [],
  };
  const tell = progress('differential', runs);
  for (let run = 0; run < runs; run++) {
    const [mutation, mutate] = random.pick(mutations);
    const token = await mutate(random.pick(drafts), random);
    const [mine, theirs] = await Promise.all([ours(token), joses(token)]);
    const verdict = note(report, mutation, mine, theirs);
    if (verdict !== undefined) report.findings.push({ mutation, token, verdict });
    tell(run + 1);
  }
  return report;
}

/** Counts a token, and says what should not be, if something is. */
function note(
  report: Report,
  mutation: string,
  mine: Judgement,
  theirs: Judgement,
): string | undefined {
  if (mine.claims !== undefined) {
    count(report.accepted, mutation);
    if (theirs.claims === undefined) return `jose: ${theirs.refusal}`;
    return isDeepStrictEqual(mine.claims, theirs.claims) ? undefined : 'another claims set';
  }
  count(report.refused, mine.refusal);
  if (theirs.claims === undefined) return undefined;
  count(report.onlyJoseAccepts, mine.refusal);
  return Object.hasOwn(stricterThanJose, mine.refusal) ? undefined : mine.refusal;
}

describe('what is accepted here', () => {
  it('is accepted by jose, and read alike; what jose alone accepts is refused on purpose', async () => {
    const report = await compare();
    if (isLong) console.log({ seed, runs, ...report, findings: report.findings.length });
    expect(report.findings.slice(0, 10)).toEqual([]);
    // A comparison that only saw refusals, or no encrypted token, would say little.
    const accepted = [...report.accepted.values()].reduce((sum, n) => sum + n, 0);
    expect(accepted).toBeGreaterThan(runs / 20);
    expect(report.accepted.get('an encrypted token')).toBeGreaterThan(0);
    // In so many tokens every reason is met, unless it is one no longer.
    const unmet = Object.keys(stricterThanJose).filter((why) => !report.onlyJoseAccepts.has(why));
    if (runs >= 1_000_000) expect(unmet).toEqual([]);
  }, 7_200_000);
});
