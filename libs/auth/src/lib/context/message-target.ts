/**
 * What `htu` of a message holds after the URI of the audience: its pattern, percent-encoded, as one
 * segment of a path. A pattern has to be well-formed Unicode.
 * @internal
 */
export function messageTarget(pattern: string): string {
  return `/${encodeURIComponent(pattern)}`;
}
