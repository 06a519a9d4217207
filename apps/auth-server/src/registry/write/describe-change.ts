import type { Json, JsonObject } from '@countersign/token';

import { differences } from './to-document.js';

/** Characters of a description; more would be left out of the audit log altogether. */
const longest = 6_000;

/**
 * What a change did to a document, for the audit log: the members that differ, before and after. Of
 * secrets only the labels, of keys only the ids. Undefined when nothing differs.
 */
export function describeChange(before: object | undefined, after: object): JsonObject | undefined {
  const members = differences(before ?? {}, after);
  if (members.length === 0) return undefined;
  const full = { before: pick(before ?? {}, members), after: pick(after, members) };
  return JSON.stringify(full).length > longest ? { members } : full;
}

function pick(document: object, members: readonly string[]): JsonObject {
  const chosen = Object.entries(document).filter(([name]) => members.includes(name));
  return Object.fromEntries(chosen.map(([name, value]) => [name, brief(name, value)]));
}

function brief(name: string, value: unknown): Json {
  if (name === 'secrets') return (value as { label: string }[]).map(({ label }) => label);
  if (name === 'encryptionKey') return keyId(value);
  if (name === 'ca') return 'PEM';
  if (name === 'keys') {
    const { jwks, ca, ...rest } = value as { jwks?: unknown[]; ca?: string } & JsonObject;
    return { ...rest, ...(jwks ? { kids: jwks.map(keyId) } : {}), ...(ca ? { ca: 'PEM' } : {}) };
  }
  return (JSON.parse(JSON.stringify(value ?? null)) as Json | undefined) ?? null;
}

function keyId(jwk: unknown): Json {
  const { kid } = jwk as { kid?: unknown };
  return typeof kid === 'string' ? kid : null;
}
