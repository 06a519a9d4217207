/** Throws a `TypeError` that names the place of a value JSON cannot carry unchanged. @internal */
export function assertJson(value: unknown, place: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object' || !isPlain(value))
    throw new TypeError(`${place} is not a JSON value`);
  for (const [name, member] of Object.entries(value)) assertJson(member, `${place}.${name}`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}
