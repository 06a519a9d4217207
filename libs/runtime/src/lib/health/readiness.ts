import { Injectable } from '@nestjs/common';

/** Answers when a dependency is usable, rejects when it is not. @publicApi */
export type ReadinessCheck = () => Promise<void>;

/** Whether this process should get requests, and which dependency says otherwise. @publicApi */
export interface ReadinessState {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'up' | 'down'>>;
}

/** Milliseconds after which a check that has not answered counts as failed. */
const patience = 2_000;

/**
 * Collects what must work before requests should come; `false` for good once it shuts down.
 * @publicApi
 */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private isLeaving = false;

  /** Adds a dependency under a name shown to operators. */
  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** From now on not ready: whoever balances load should look elsewhere. */
  shutDown(): void {
    this.isLeaving = true;
  }

  /** Whether this process is on its way out. */
  get isShuttingDown(): boolean {
    return this.isLeaving;
  }

  /** Asks every dependency at once. Never rejects. */
  async state(): Promise<ReadinessState> {
    const names = [...this.checks.keys()];
    const checks = await Promise.all([...this.checks.values()].map(isUp));
    return {
      ready: !this.isLeaving && checks.every(Boolean),
      checks: Object.fromEntries(names.map((name, index) => [name, checks[index] ? 'up' : 'down'])),
    };
  }
}

async function isUp(check: ReadinessCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patience, false);
  });
  const answer = Promise.resolve()
    .then(check)
    .then(
      () => true,
      () => false,
    );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
