const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is the id of a notification, as it stands in its URI. */
export const isNotificationId = (text: string): boolean => UUID.test(text);

/** The one URI of each notification: `<PUBLIC_URL>notification/<id>/`. */
export class NotificationUris {
  /** @param publicUrl This service's own URL, with its trailing slash. */
  constructor(private readonly publicUrl: string) {}

  /** The URI of all of them. */
  get all(): string {
    return `${this.publicUrl}notification/`;
  }

  /** The URI of a notification. */
  of(id: string): string {
    return `${this.publicUrl}notification/${id}/`;
  }
}
