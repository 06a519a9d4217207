// Controls, format characters (zero width, direction) and separators of lines and paragraphs.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escape = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/**
 * Makes what a terminal would obey visible, as `\uXXXX`: names and reasons were written by others.
 * The escapes are those of JSON, so JSON stays the same JSON.
 */
export function visible(text: string): string {
  return text.replace(unsafe, escape);
}

/** JSON for people and programs alike, indented; nothing in it moves a cursor. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).split('\n').map(visible).join('\n');
}
