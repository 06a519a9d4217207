const MAX_CODE_POINTS = 200;
// Joiners (U+200C, U+200D) are letters' glue in many scripts; every other character that cannot be
// seen is refused: controls, bidi overrides and isolates, separators, surrogates, private use, unassigned.
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
const TOO_MANY_MARKS = /\p{M}{5}/u;
const NOT_A_LETTER = /[^\p{L}\p{M}]+/u;
// Scripts with letters that look like those of another one of them.
const LOOKALIKES = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
];

/**
 * What is wrong with a name of a person or a team, or `undefined`: visible characters on one line,
 * at most 200 code points, and no word that mixes scripts whose letters look alike, so that nobody
 * is called almost, but not quite, like somebody else.
 *
 * @param name In NFC, without blanks around it.
 */
export function nameProblem(name: string): string | undefined {
  if (name.length > 2 * MAX_CODE_POINTS || [...name].length > MAX_CODE_POINTS)
    return `has more than ${MAX_CODE_POINTS} characters`;
  if (INVISIBLE.test(name)) return 'holds control or invisible characters';
  if (!VISIBLE.test(name)) return 'holds nothing visible';
  if (TOO_MANY_MARKS.test(name)) return 'piles up marks on one letter';
  if (name.split(NOT_A_LETTER).some(mixesScripts)) return 'mixes scripts that look alike';
  return undefined;
}

const mixesScripts = (word: string): boolean =>
  LOOKALIKES.filter((script) => script.test(word)).length > 1;
