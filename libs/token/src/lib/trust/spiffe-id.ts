// SPIFFE-ID sections 2.1 and 2.2: no port, no escapes, no empty or dot segments, no final slash.
const spiffeId = /^(spiffe:\/\/[a-z0-9._-]{1,255})(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

const longest = 2048;

/**
 * The trust domain of a SPIFFE ID, `spiffe://<trust domain>`, or `undefined` for any other value:
 * one spelling only, so that an ID can be compared as a string (SPIFFE-ID section 2).
 * @publicApi
 */
export function trustDomainOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longest) return undefined;
  return spiffeId.exec(value)?.[1];
}
