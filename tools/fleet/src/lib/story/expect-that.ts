/** A step of the story that did not go as it must. @internal */
export class StoryError extends Error {
  override readonly name = 'StoryError';
}

/** Throws a StoryError with this text unless the condition holds. @internal */
export function expectThat(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new StoryError(otherwise);
}
