import type { Json } from '@countersign/token';

import { keyOf, type Finding } from './findings.js';
import { Place } from './shapes.js';

/** A finding that is accepted, and why. */
export interface Accepted {
  readonly finding: string;
  readonly reason: string;
}

/**
 * Reads a baseline: `{ "accepted": [{ "finding": "...", "reason": "..." }] }`.
 * @throws TypeError for an entry without a reason.
 */
export function readBaseline(json: Json): readonly Accepted[] {
  return new Place(json, 'baseline').at('accepted').list((entry) => {
    const reason = entry.at('reason');
    if (reason.text().trim() === '') reason.refuse('said');
    return { finding: entry.at('finding').text(), reason: reason.text() };
  });
}

/** What is left without the accepted findings; an entry that nothing needs is a finding itself. */
export function withoutAccepted(
  findings: readonly Finding[],
  accepted: readonly Accepted[],
): readonly Finding[] {
  const known = new Set(accepted.map(({ finding }) => finding));
  const found = new Set(findings.map(keyOf));
  const needless = accepted.filter(({ finding }) => !found.has(finding));
  return [
    ...findings.filter((finding) => !known.has(keyOf(finding))),
    ...needless.map(({ finding }): Finding => ({
      code: 'baseline-without-need',
      about: finding,
      message: `The baseline accepts what is not found: ${finding}`,
      fix: 'Remove the entry: a baseline may only shrink.',
    })),
  ];
}
