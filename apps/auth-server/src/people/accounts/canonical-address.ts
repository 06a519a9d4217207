import { isPlainAddress } from '@countersign/runtime';

/**
 * A mail address as accounts are found by it: in lower case, without blanks around it. Undefined for
 * what is no plain address (`isPlainAddress`).
 */
export function canonicalAddress(text: string): string | undefined {
  const address = text.trim().toLowerCase();
  return isPlainAddress(address) ? address : undefined;
}
