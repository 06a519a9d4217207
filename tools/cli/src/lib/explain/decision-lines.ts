import type { Json, JsonObject } from '@countersign/token';

import type { Style } from '../output/output.js';

/** A line for a person. */
export type Line = readonly [text: string, style?: Style | undefined];

/** A step of the trace, as far below others as it stands. */
interface Step {
  readonly depth: number;
  readonly step: JsonObject;
}

const marks: Readonly<Record<string, string>> = { passed: 'ok', failed: 'NO', pending: '? ' };
const styles: Readonly<Record<string, Style>> = { failed: 'bad', pending: 'strong' };

/** A decision told: where, every step, expected below got, and what would help. */
export function decisionLines(record: JsonObject): readonly Line[] {
  const steps = stepsIn(record['trace'], 0);
  const width = Math.max(0, ...steps.map((step) => nameOf(step).length));
  return [
    ...heading(record),
    [''],
    ...steps.flatMap((step) => stepLines(step, width)),
    ...help(record),
  ];
}

function heading(record: JsonObject): readonly Line[] {
  const { outcome, status, code, message, caller, subject, decision } = record;
  const isGranted = outcome === 'granted';
  const what = [outcome, status, code].filter((part) => part !== undefined).map(shown);
  const where = `${shown(record['method'])} ${shown(record['path'])} at ${shown(record['service'])} (${shown(record['handler'])}), ${shown(record['at'])}`;
  const who = [
    ...(caller === undefined ? [] : [`called by ${shown(caller)}`]),
    ...(subject === undefined ? [] : [`on behalf of ${shown(subject)}`]),
    ...(decision === undefined ? [] : [`decision ${shown(decision)}`]),
  ];
  return [
    [
      what.join(' ') + (message === undefined ? '' : `: ${shown(message)}`),
      isGranted ? 'good' : outcome === 'refused' ? 'bad' : 'strong',
    ],
    [where],
    [who.join(', ')],
  ];
}

function stepsIn(trace: Json | undefined, depth: number): readonly Step[] {
  if (!Array.isArray(trace)) return [];
  return trace.flatMap((step: JsonObject) => [
    { step, depth },
    ...stepsIn(step['steps'], depth + 1),
  ]);
}

const nameOf = ({ step, depth }: Step): string => '  '.repeat(depth) + shown(step['check']);

function stepLines(one: Step, width: number): readonly Line[] {
  const { outcome, got, expected, code } = one.step;
  const mark = marks[String(outcome)] ?? '  ';
  const style = styles[String(outcome)];
  const start = `  ${mark}  ${nameOf(one).padEnd(width)}  `;
  if (outcome === 'passed') return [[(start + shown(got ?? expected)).trimEnd()]];
  const rest = ' '.repeat(start.length);
  return [
    [(start + shown(code)).trimEnd(), style],
    ...(expected === undefined ? [] : [[`${rest}expected  ${shown(expected)}`, style] as const]),
    ...(got === undefined ? [] : [[`${rest}got       ${shown(got)}`, style] as const]),
  ];
}

function help({ service, cause, skew, fix, command }: JsonObject): readonly Line[] {
  const lines: Line[] = [];
  if (cause !== undefined) lines.push([`Cause: ${shown(cause)}`]);
  if (skew !== undefined) {
    const { issuer, secondsAhead } = skew as JsonObject;
    lines.push([
      `Clocks: ${shown(service)} is at least ${shown(secondsAhead)} s behind ${shown(issuer)}`,
      'strong',
    ]);
  }
  if (fix !== undefined) lines.push([`Fix: ${shown(fix)}`]);
  if (command !== undefined) lines.push([`     ${shown(command)}`, 'strong']);
  return lines.length === 0 ? [] : [[''], ...lines];
}

/** A value in words: lists with commas, objects as `name value`. */
function shown(value: Json | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(shown).join(', ');
  return Object.entries(value)
    .map(([name, member]) => `${name} ${inBrackets(member)}`)
    .join(', ');
}

function inBrackets(member: Json | undefined): string {
  return typeof member === 'object' && member !== null ? `(${shown(member)})` : shown(member);
}
