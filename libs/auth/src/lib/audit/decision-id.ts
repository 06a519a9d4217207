import { randomBytes } from 'node:crypto';

const ID = /^[\w-]{16}$/;

/** A new decision id: its second in the first four bytes, eight random ones; base64url. @internal */
export function newDecisionId(now: number): string {
  const bytes = randomBytes(12);
  bytes.writeUInt32BE(Math.floor(now) >>> 0);
  return bytes.toString('base64url');
}

/** When a decision with this id was made, in seconds; undefined for what is none. @internal */
export function timeOfDecision(id: string): number | undefined {
  return ID.test(id) ? Buffer.from(id, 'base64url').readUInt32BE() : undefined;
}
