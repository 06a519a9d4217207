import { parseUserId } from './user-id.js';

/** The one URI of each user: `<PUBLIC_URL>user/<id>/`. */
export class UserUris {
  /** What every user's URI begins with. */
  readonly prefix: string;

  /** @param publicUrl This service's own URL, with its trailing slash. */
  constructor(publicUrl: string) {
    this.prefix = `${publicUrl}user/`;
  }

  /** The URI of a user. */
  of(id: number): string {
    return `${this.prefix}${id}/`;
  }

  /** The user a URI names, or `undefined` unless it is written exactly as `of` writes it. */
  idOf(uri: string): number | undefined {
    if (!uri.startsWith(this.prefix) || !uri.endsWith('/')) return undefined;
    return parseUserId(uri.slice(this.prefix.length, -1));
  }
}
