import type { Json, JsonObject } from '@countersign/token';

/**
 * Applies a JSON merge patch (RFC 7396 section 2) and returns the result; changes neither argument.
 * `null` removes a member; what is no object replaces the whole.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, Json | undefined>(
    Object.entries(target !== undefined && isObject(target) ? target : {}),
  );
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
