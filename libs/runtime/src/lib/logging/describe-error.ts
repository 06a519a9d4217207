/** An error as a log holds it. @internal */
export interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly cause?: DescribedError;
}

/**
 * What of an error may be logged: name, message, stack, code and causes. Other members stay out:
 * database errors carry the parameters of the statement, which may be secrets.
 * @internal
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: withoutParameters(error.message),
    ...(error.stack ? { stack: withoutParameters(error.stack) } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.cause !== undefined && depth < 4
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  };
}

/** drizzle appends `\nparams: …` to the message, and so to the stack, of a failed statement. */
function withoutParameters(text: string): string {
  return text.replace(/\nparams:[\s\S]*?(?=\n {4}at |$(?![\s\S]))/g, '\nparams: [redacted]');
}
