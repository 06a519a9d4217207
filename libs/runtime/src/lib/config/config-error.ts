/**
 * A configuration that cannot be run with: one line per variable, never a value.
 * @publicApi
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** `NAME: what is wrong`, one per variable. */
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      options,
    );
  }
}
