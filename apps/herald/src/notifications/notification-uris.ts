/** The one URI of each notification: `<PUBLIC_URL>notification/<id>/`. */
export class NotificationUris {
  /** @param publicUrl This service's own URL, with its trailing slash. */
  constructor(private readonly publicUrl: string) {}

  /** The URI of a notification. */
  of(id: string): string {
    return `${this.publicUrl}notification/${id}/`;
  }
}
