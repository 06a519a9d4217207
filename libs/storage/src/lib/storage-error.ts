/** Why a database could not be opened. @publicApi */
export type StorageErrorCode =
  'DIRECTORY_IN_USE' | 'DIRECTORY_FOREIGN' | 'SCHEMA_NEWER' | 'MIGRATIONS_UNREADABLE';

/**
 * A database that must not be opened as it is; the message tells an operator what to do.
 * @publicApi
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
