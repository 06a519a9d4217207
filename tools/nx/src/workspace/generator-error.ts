/** What a generator cannot do as it is asked; says what to change. Nothing was written. */
export class GeneratorError extends Error {
  override readonly name = 'GeneratorError';
}
