const clientIdForm = /^[A-Za-z0-9._~-]+$/;
const longest = 16;
/** How a JWT and a secret of ours begin: not even their beginning is written down. */
const confidential = /^(?:eyJ|cs_)/;

/**
 * What may be logged of an id that is no client's: enough to see a slip of the pen in it, too little
 * to give away a secret or a token that was sent in its place. Undefined for what is no id at all.
 */
export function briefId(id: string): string | undefined {
  if (!clientIdForm.test(id) || confidential.test(id)) return undefined;
  return id.length > longest ? `${id.slice(0, longest)}…` : id;
}
