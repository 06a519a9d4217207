import type { IssuanceResults } from './issuance-bench.js';

/** One thing the measurements are held against. */
export interface Goal {
  readonly text: string;
  readonly value: number;
  readonly unit: 'x' | '%' | 'MB';
  readonly least?: number;
  readonly most?: number;
}

/** Whether it was reached. */
export function isReached({ value, least = -Infinity, most = Infinity }: Goal): boolean {
  return value >= least && value <= most;
}

/** The goals, with what was measured; those that were not measured are left out. */
export function goalsOf({ measured, memory }: IssuanceResults): Goal[] {
  const rate = (name: string): number =>
    measured.find((row) => row.name === name)?.tokensPerCpuSecond ?? Number.NaN;
  const goals: Goal[] = [
    ...secretGoals(rate),
    ...otherGoals(rate),
    {
      text: `memory after ${memory.seconds} s of load, PostgreSQL`,
      value: memory.seconds === 0 ? Number.NaN : memory.bytes / 1024 / 1024,
      unit: 'MB',
      most: 200,
    },
  ];
  return goals.filter(({ value }) => Number.isFinite(value));
}

type RateOf = (name: string) => number;

function secretGoals(rate: RateOf): Goal[] {
  return [
    { text: 'of the bare endpoint', ...percent(rate('ours'), rate('bare')), least: 75 },
    { text: 'times oidc-provider', ...times(rate('ours'), rate('oidc')), least: 3 },
    { text: 'times @jmondi/oauth2-server', ...times(rate('ours'), rate('jmondi')) },
    {
      text: '10,000 clients: slower than one by',
      value: 100 * (rate('ours') / rate('ours-many') - 1),
      unit: '%',
      most: 10,
    },
    { text: 'RS256: of the bare endpoint', ...percent(rate('ours-rs'), rate('bare-rs')) },
    { text: 'RS256: times oidc-provider', ...times(rate('ours-rs'), rate('oidc-rs')) },
  ];
}

function otherGoals(rate: RateOf): Goal[] {
  return [
    {
      text: 'private_key_jwt: times oidc-provider, in memory',
      ...times(rate('pkj-memory'), rate('pkj-oidc')),
      least: 3,
    },
    {
      text: 'private_key_jwt: of the bare endpoint, PostgreSQL',
      ...percent(rate('pkj-ours'), rate('pkj-bare')),
      least: 70,
    },
    {
      text: 'token exchange: of client_credentials',
      ...percent(rate('exchange'), rate('ours')),
      least: 50,
    },
  ];
}

function percent(rate: number, of: number): Pick<Goal, 'value' | 'unit'> {
  return { value: (100 * rate) / of, unit: '%' };
}

function times(rate: number, of: number): Pick<Goal, 'value' | 'unit'> {
  return { value: rate / of, unit: 'x' };
}
