/** What the benchmark asks a server under test: microseconds of CPU, bytes of memory, a profile. */
export type ProbeQuestion = 'cpu' | 'rss' | 'profile-start' | 'profile-stop';

/** What it is told. */
export type ProbeAnswer =
  | { readonly kind: 'answer'; readonly value: number | string }
  | { readonly kind: 'failure'; readonly reason: string };

/** What a server of our own says as soon as it can be asked. */
export interface Listening {
  readonly kind: 'listening';
  readonly port: number;
}
