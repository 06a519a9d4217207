/**
 * A call was to be made as the user of the current request, and there is none. It is never made as the
 * service instead.
 * @publicApi
 */
export class NoSubjectError extends Error {
  override readonly name = 'NoSubjectError';

  constructor(reason: string) {
    super(`asSubject() needs the user of the current request, but ${reason}`);
  }
}
