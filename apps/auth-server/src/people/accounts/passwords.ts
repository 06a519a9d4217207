import { randomBytes } from 'node:crypto';

import { hash, parseOptions, verify } from '@node-rs/argon2';

import { ServiceUnavailable } from '../../registry/service-unavailable.js';

/** What a hash costs. */
export interface PasswordCosts {
  /** KiB. */
  readonly memoryCost: number;
  /** Passes over that memory. */
  readonly timeCost: number;
  readonly parallelism: number;
}

/** argon2id as OWASP advises: 19 MiB, two passes, one thread; some 20 ms. */
const advised: PasswordCosts = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes under way at once: the thread pool of the process has four threads, and other work. */
const mostAtOnce = 2;
/** Hashes that may wait: about a second of them. */
const mostWaiting = 64;

/** Longest password in bytes, after which there is nothing to hash. */
const mostBytes = 1_024;

/** Whether a password is right, and whether its hash should be made anew. */
export interface PasswordCheck {
  readonly isRight: boolean;
  /** The hash is one of other costs than those of now. */
  readonly isOutdated: boolean;
}

/**
 * Hashes passwords with argon2id, and holds them against hashes: a bounded number at a time, in
 * turn, off the event loop. A password is compared in its NFKC form, as it was typed otherwise.
 */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  private constructor(
    private readonly costs: PasswordCosts,
    /** Of a password that nobody knows: what an unknown person's is held against. */
    private readonly nobody: string,
  ) {}

  /** Makes the one of this process. */
  static async create(costs: PasswordCosts = advised): Promise<Passwords> {
    return new Passwords(costs, await hash(randomBytes(32), costs));
  }

  /**
   * A hash as a PHC string, with 16 random bytes of salt.
   * @throws ServiceUnavailable (503) when too many wait already, as `check`.
   */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(bytesOf(password), this.costs));
  }

  /**
   * Holds a password against a hash; against nobody's, in the same time, where there is none. Never
   * right then.
   */
  async check(stored: string | undefined, password: string): Promise<PasswordCheck> {
    const bytes = bytesOf(password);
    const isTooLong = bytes.length > mostBytes;
    const [against, given] = [stored ?? this.nobody, isTooLong ? bytes.subarray(0, 1) : bytes];
    const matches = await this.inTurn(() => verify(against, given));
    const isRight = matches && stored !== undefined && !isTooLong;
    return { isRight, isOutdated: isRight && this.isOutdated(stored) };
  }

  private isOutdated(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(stored);
    return (
      memoryCost !== this.costs.memoryCost ||
      timeCost !== this.costs.timeCost ||
      parallelism !== this.costs.parallelism
    );
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < mostAtOnce) this.running += 1;
    else await this.turn();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // Whoever is next takes this place: nobody slips in between.
      if (next) next();
      else this.running -= 1;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= mostWaiting)
      throw new ServiceUnavailable('too many passwords wait to be hashed');
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFKC'));
}
