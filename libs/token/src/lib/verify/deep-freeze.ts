/** Freezes plain data and all it holds; claims are bounded in depth by strict parsing. @internal */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
