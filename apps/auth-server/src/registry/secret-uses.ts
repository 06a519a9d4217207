import { Logger } from '@nestjs/common';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

/** Milliseconds between two writes. */
const everyMinute = 60_000;

/**
 * When secrets were used last, written in batches: a use costs the request path one entry of a map,
 * and a secret one row a minute at most, however many tokens it gets. What a kill -9 loses is a
 * minute of it.
 */
export class SecretUses {
  private readonly logger = new Logger('Registry');
  /** Seconds since the epoch by secret; bounded by the number of secrets that exist. */
  private waiting = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Notes that a client authenticated with the secret of this id. Never throws, never waits. */
  record(secretId: string): void {
    this.waiting.set(secretId, this.clock.now());
  }

  /** Writes once a minute from now on. */
  start(every = everyMinute): void {
    this.timer = setInterval(() => void this.flush(), every).unref();
  }

  /** Writes what waits, for the last time. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.flush();
  }

  /** Writes what waits. Never rejects: what could not be written waits on. */
  flush(): Promise<void> {
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
    return this.writing;
  }

  private async write(): Promise<void> {
    const uses = this.waiting;
    if (uses.size === 0) return;
    this.waiting = new Map();
    try {
      await this.database.execute(statement, [
        JSON.stringify([...uses].map(([id, at]) => ({ id, at }))),
      ]);
    } catch (error) {
      this.waiting = new Map([...uses, ...this.waiting]);
      this.logger.warn({ event: 'registry.last-use-not-written', reason: String(error) });
    }
  }
}

/** Rows are locked in one order: two replicas that write at the same time do not block each other. */
const statement = `
  with uses as (select * from jsonb_to_recordset($1::jsonb) as use (id text, at double precision)),
  locked as (
    select id from client_secrets where id in (select id from uses) order by id for update
  )
  update client_secrets set last_used_at = to_timestamp(uses.at)
  from uses
  where client_secrets.id = uses.id and uses.id in (select id from locked)
    and (last_used_at is null or last_used_at < to_timestamp(uses.at))`;
