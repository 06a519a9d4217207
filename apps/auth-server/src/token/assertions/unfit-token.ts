/** A verified token says something that makes it unfit for what it was presented for. */
export class UnfitToken extends Error {
  override readonly name = 'UnfitToken';
}
