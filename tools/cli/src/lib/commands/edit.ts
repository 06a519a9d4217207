/** Look, change, write back: with the version that was seen, so that nobody's change is lost. */
import type { Json, JsonObject } from '@countersign/token';

import type { AdminApi } from '../http/admin-api.js';

/** A document that is being put together; members set to undefined go. */
export type Changes = Readonly<Record<string, Json | undefined>>;

/** Changes some members of the resource at `path`, and returns it as it then is. */
export async function edit(
  api: AdminApi,
  path: string,
  change: (document: JsonObject) => Changes,
): Promise<JsonObject> {
  const { body, etag } = await api.read(path);
  return api.put(path, merge(body, change(body)), { ifMatch: etag });
}

/** Removes the resource at `path` as it is now. */
export async function removeAsSeen(api: AdminApi, path: string): Promise<void> {
  const { etag } = await api.read(path);
  await api.remove(path, { ifMatch: etag });
}

/** A document without the members that are undefined. */
export function merge(document: JsonObject, changes: Changes): JsonObject {
  return Object.fromEntries(
    Object.entries({ ...document, ...changes }).filter(([, value]) => value !== undefined),
  );
}

/** A member as text for a person: lists with blanks, nothing as undefined. */
export function shown(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    const texts = value.map((item: Json) => shown(item) ?? '');
    return texts.length > 0 ? texts.join(' ') : undefined;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A column or line per member. */
export function columns(
  ...names: readonly (string | readonly [heading: string, member: string])[]
): { heading: string; cell: (row: JsonObject) => string | undefined }[] {
  return names.map((name) => {
    const [heading, member] = typeof name === 'string' ? [name, name] : name;
    return { heading, cell: (row) => shown(row[member]) };
  });
}

/** Names and texts of all members of an object, for a record. */
export function fieldsOf(object: JsonObject): (readonly [string, string | undefined])[] {
  return Object.entries(object).map(([name, value]) => [name, shown(value)] as const);
}
