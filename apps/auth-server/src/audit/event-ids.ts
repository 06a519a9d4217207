import { randomBytes } from 'node:crypto';

/**
 * Makes UUIDv7 ids (RFC 9562 section 5.7) that sort by the time they are given and, within one
 * millisecond, by the order they were made in: 24 bits of counter, 48 random bits per process.
 */
export function createEventIds(): (at: number) => string {
  const process = randomBytes(6).toString('hex');
  let made = 0;
  return (at) => {
    made = (made + 1) % 0x1000000;
    const counter = made.toString(16).padStart(6, '0');
    return `${timeOf(at)}-7${counter.slice(0, 3)}-8${counter.slice(3)}-${process}`;
  };
}

/** The smallest id of this time in seconds: a bound of a range of ids. */
export function firstIdAt(at: number): string {
  return `${timeOf(at)}-0000-0000-000000000000`;
}

function timeOf(at: number): string {
  const bounded = Math.min(Math.max(at * 1000, 0), 0xffff_ffff_ffff);
  const hex = Math.round(bounded).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
