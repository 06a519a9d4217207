const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * Whether a text is one plain mail address and nothing more: a dot-atom, an at sign, a host name
 * of two or more labels (RFC 5321 section 4.1.2, within its sizes).
 *
 * Refuses what address parsers disagree about: quoted local parts, comments, display names, groups,
 * lists, domain literals, anything outside ASCII, any blank or line break.
 * @publicApi
 */
export function isPlainAddress(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.indexOf('@');
  if (at < 1 || at > 64) return false;
  const labels = text.slice(at + 1).split('.');
  return (
    LOCAL_PART.test(text.slice(0, at)) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label))
  );
}
