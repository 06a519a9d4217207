import { summariseProfile } from '../issuance/summarise-profile.js';
import type { GuardMeasured, GuardResults } from './guard-bench.js';

const WIDTH = 48;

/** The results as a table for people. */
export function guardReport(results: GuardResults): string {
  const { measured, memory, node, sittings, rounds, requests, profile } = results;
  const groups = [...new Set(measured.map(({ group }) => group))];
  return [
    '',
    `Node ${node}, CPU time per request, ES256 unless told, median of ${sittings} x ${rounds} interleaved rounds of ${requests}`,
    ...groups.flatMap((group) => tableOf(group, measured)),
    '',
    `${'Goals'.padEnd(WIDTH)}${'measured'.padStart(9)}  goal`,
    ...guardGoals(results).map(
      ({ text, value, goal, isReached }) =>
        `  ${text}`.padEnd(WIDTH) +
        `${value.toFixed(2).padStart(9)}  ${goal.padEnd(9)} ${isReached ? 'reached' : 'MISSED'}`,
    ),
    ...(memory
      ? [
          '',
          `memory over ${memory.sent} bad tokens: ${mb(memory.before)} to ${mb(memory.after)} MB`,
        ]
      : []),
    ...(profile ? ['', ...profileLines(profile)] : []),
  ].join('\n');
}

/** One thing the measurements are held against. */
export interface GuardGoal {
  readonly text: string;
  readonly value: number;
  readonly goal: string;
  readonly isReached: boolean;
}

/** The goals, with what was measured; those that were not measured are left out. */
export function guardGoals({ measured }: GuardResults): GuardGoal[] {
  const of: MicrosOf = (name) => measured.find((row) => row.name === name)?.micros ?? Number.NaN;
  const goals = [
    ...goalsOn('fastify', of, ['fast-jwt', 'jose', 'fastify-jwt'], 4),
    ...goalsOn('express', of, ['fast-jwt', 'jose', 'express-bearer'], 2),
    ...['ES256', 'RS256'].map((algorithm) =>
      most(
        `first sight ${algorithm}, us`,
        of(`guard-${algorithm}`),
        1.5 * of(`raw-${algorithm}`) + 30,
      ),
    ),
    most('fastify: 1,000 issuers, times one', of('many') / of('fastify-guarded'), 1.05),
    most('a bad token, times a good one at first sight', of('flood') / of('first'), 1),
  ];
  return goals.filter(({ value }) => !Number.isNaN(value));
}

type MicrosOf = (name: string) => number;

function goalsOn(
  adapter: string,
  of: MicrosOf,
  peers: readonly string[],
  stock: number,
): GuardGoal[] {
  const ours = of(`${adapter}-guarded`);
  const times = (program: string) => of(`${adapter}-${program}`) / ours;
  return [
    least(`${adapter}: of the unguarded route`, times('unguarded'), 0.95),
    least(`${adapter}: of a guard that does nothing`, times('empty-guard'), 0.95),
    most(`${adapter}: 5,000 tokens, times one`, times('rotating'), 1.05),
    least(`${adapter}: times stock passport`, times('stock'), stock),
    ...peers.map((peer) => least(`${adapter}: times ${peer}`, times(peer), 1)),
  ];
}

function least(text: string, value: number, goal: number): GuardGoal {
  return { text, value, goal: `>= ${goal}`, isReached: value >= goal };
}

function most(text: string, value: number, goal: number): GuardGoal {
  return { text, value, goal: `<= ${goal.toFixed(2)}`, isReached: value <= goal };
}

function tableOf(group: string, measured: readonly GuardMeasured[]): string[] {
  const rows = measured.filter((row) => row.group === group);
  const base = rows.find(({ name }) => name.endsWith('unguarded'))?.micros;
  return [
    '',
    `${group.padEnd(WIDTH)}${'us'.padStart(9)}  ${'spread'.padStart(15)}  ${base ? 'x unguarded' : ''}`,
    ...rows.map(({ label, micros, lowest, highest }) => {
      const spread = `${lowest.toFixed(1)} to ${highest.toFixed(1)}`;
      const times = base ? (micros / base).toFixed(2).padStart(11) : '';
      return (
        `  ${label}`.padEnd(WIDTH) +
        `${micros.toFixed(1).padStart(9)}  ${spread.padStart(15)}  ${times}`
      );
    }),
  ];
}

function profileLines(profile: string): string[] {
  const { packages, functions } = summariseProfile(profile, 25);
  return [...packages, ...functions].map(
    ({ name, share }) => `${(100 * share).toFixed(1).padStart(6)} %  ${name}`,
  );
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
