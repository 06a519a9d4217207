import type { Clock } from '@countersign/token';
import type { Session } from 'fastify';
import type fastifySession from '@fastify/session';

import type { LoginSession } from './login-session.js';

/** How much is kept, and how long. */
export interface SessionStoreOptions {
  readonly clock: Clock;
  /** Seconds a session may be unused. */
  readonly idle: number;
  /** Sessions in all; the longest unused one goes first. Default 10,000. */
  readonly capacity?: number;
  /** Sessions of one user, so that nobody pushes the others out. Default 10. */
  readonly perUser?: number;
}

interface Kept {
  readonly login: LoginSession;
  readonly usedAt: number;
}

type Done = (error?: unknown) => void;

/**
 * Sessions in memory, bounded in number and time; those of nobody are not kept at all. They are gone
 * when the process ends, and another process knows nothing of them.
 */
export class SessionStore implements fastifySession.SessionStore {
  /** Longest unused first. */
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Clock;
  readonly #idle: number;
  readonly #capacity: number;
  readonly #perUser: number;

  constructor({ clock, idle, capacity = 10_000, perUser = 10 }: SessionStoreOptions) {
    this.#clock = clock;
    this.#idle = idle;
    this.#capacity = capacity;
    this.#perUser = perUser;
  }

  get size(): number {
    return this.#kept.size;
  }

  set(id: string, { login }: Session, done: Done): void {
    // One that was ended by another request must not come back by a slower one that still holds it.
    if (login !== undefined && !login.isOver) this.#keep(id, login);
    done();
  }

  get(id: string, done: (error: unknown, session?: Session | null) => void): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return done(null, null);
    if (this.#isOver(kept)) {
      this.#end(id);
      return done(null, null);
    }
    // Without a cookie: each answer dates it anew.
    return done(null, { login: kept.login } as Session);
  }

  destroy(id: string, done: Done): void {
    this.#end(id);
    done();
  }

  #keep(id: string, login: LoginSession): void {
    const isNew = !this.#kept.delete(id);
    if (isNew) this.#makeRoom(login.user.uri);
    this.#kept.set(id, { login, usedAt: this.#clock.now() });
  }

  #makeRoom(uri: string): void {
    for (const [id, kept] of this.#kept) if (this.#isOver(kept)) this.#end(id);
    const own = [...this.#kept].filter(([, { login }]) => login.user.uri === uri);
    const oldest = own.slice(0, Math.max(0, own.length - this.#perUser + 1));
    for (const [id] of oldest) this.#end(id);
    const [first] = this.#kept.keys();
    if (this.#kept.size >= this.#capacity && first !== undefined) this.#end(first);
  }

  #end(id: string): void {
    this.#kept.get(id)?.login.end();
    this.#kept.delete(id);
  }

  #isOver({ login, usedAt }: Kept): boolean {
    return login.isOver || this.#clock.now() >= usedAt + this.#idle;
  }
}
