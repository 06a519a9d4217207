/**
 * What a key ring is and how it may change. Pure data: knows no database, no clock and no key
 * material. Times are seconds of the database's clock.
 */

/**
 * `next` is published and does not sign yet; `active` signs; `retiring` is published for the tokens
 * it signed; `retired` is neither published nor used again.
 * @publicApi
 */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired';

/** A key of a ring. @internal */
export interface RingKey {
  readonly kid: string;
  readonly state: KeyState;
  /** When it came into this state; seconds since the epoch. */
  readonly since: number;
}

/** The keys of one service for one algorithm. @internal */
export interface Ring {
  readonly keys: readonly RingKey[];
  /** Nothing else signs: its first key does, announced or not. */
  readonly mustSign: boolean;
}

/**
 * One change of a ring; the changes of a plan are made in their order, in one transaction.
 * @internal
 */
export type RingStep =
  | {
      readonly kind: 'move';
      readonly kid: string;
      readonly to: Exclude<KeyState, 'next'>;
      readonly isCompromised?: true;
    }
  | { readonly kind: 'make'; readonly state: 'next' | 'active' };

/** Every plan ends with a ring that has a `next`. @internal */
export const makeNext: RingStep = Object.freeze({ kind: 'make', state: 'next' });

/** Moves a key on. @internal */
export function move(kid: string, to: Exclude<KeyState, 'next'>): RingStep {
  return { kind: 'move', kid, to };
}

/** The keys of a ring by what they do. @internal */
export function keysByState({ keys }: Ring): {
  readonly next: RingKey | undefined;
  readonly active: RingKey | undefined;
  readonly retiring: readonly RingKey[];
} {
  return {
    next: keys.find(({ state }) => state === 'next'),
    active: keys.find(({ state }) => state === 'active'),
    retiring: keys.filter(({ state }) => state === 'retiring'),
  };
}
