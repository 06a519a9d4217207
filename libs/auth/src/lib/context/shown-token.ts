/** The raw token of a call, kept apart from the request: nothing that is logged or printed may hold it. */
const shown = new WeakMap<object, string>();

/** Keeps a token for the handler that asks for it by `@AccessToken()`. @internal */
export function showToken(holder: object, token: string): void {
  shown.set(holder, token);
}

/** @internal */
export function shownToken(holder: object): string | undefined {
  return shown.get(holder);
}
