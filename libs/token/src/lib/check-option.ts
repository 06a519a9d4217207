/** Throws the `TypeError` of a wrong option: `<option> must <rule>`. @publicApi */
export function checkOption(holds: boolean, option: string, rule: string): void {
  if (!holds) throw new TypeError(`${option} must ${rule}`);
}

/**
 * Throws a `TypeError` for an option that does not exist: of a misspelt one, the protection that was
 * meant would silently be missing.
 * @publicApi
 */
export function refuseUnknownOptions(options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(known, option));
  if (unknown === undefined) return;
  throw new TypeError(`${unknown} is not an option; there are ${Object.keys(known).join(', ')}`);
}
