const MAX_CODE_POINTS = 80;
// Joiners (U+200C, U+200D) are letters' glue in many scripts; every other invisible character goes:
// controls, bidi overrides and isolates, line separators, surrogates, private use.
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/**
 * A name as it may stand in a mail: visible characters on one line, blanks collapsed, at most 80
 * code points. Empty when nothing visible is left.
 */
export function displayName(name: string): string {
  // Cut before any pattern looks at it: a megabyte of blanks must cost nothing.
  const visible = name
    .slice(0, 16 * MAX_CODE_POINTS)
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .trim();
  const points = [...visible];
  return points.length > MAX_CODE_POINTS
    ? `${points
        .slice(0, MAX_CODE_POINTS - 1)
        .join('')
        .trimEnd()}…`
    : visible;
}
