/** `TYPE:value`; a value in which something is escaped stands in quotes, as a string of JSON. */
const entry = /([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/y;

/**
 * The alternative names of one type (`DNS`, `URI`) in the text that Node makes of those of a
 * certificate. None at all when that text is of another form: a name could pose as another then.
 */
export function alternativeNames(text: string, type: string): readonly string[] {
  const names: string[] = [];
  entry.lastIndex = 0;
  while (entry.lastIndex < text.length) {
    const [, of, quoted, plain = ''] = entry.exec(text) ?? [];
    if (of === undefined) return [];
    if (of === type) names.push(quoted === undefined ? plain : textOf(quoted));
  }
  return names;
}

function textOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return '';
  }
}
