import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { parseStrictJson } from '@countersign/token';
import { z } from 'zod';

import { ConfigError } from '../config/config-error.js';

/** How far a key has come that does not sign any more. @internal */
export type SpentState = 'retiring' | 'retired';

/** Keys remembered; the oldest are forgotten first. */
const most = 500;

const schema = z.array(z.tuple([z.string().max(256), z.enum(['retiring', 'retired'])])).max(most);

/**
 * Remembers, in a file beside the database, which keys have stopped signing: the database may come
 * back from a backup that does not know. It only ever learns, and it holds no secret.
 * @internal
 */
export class SpentKeys {
  private constructor(
    private readonly directory: string,
    private readonly path: string,
    private readonly keys: Map<string, SpentState>,
  ) {}

  /**
   * Reads what is remembered of this service; refuses (ConfigError) a file that says something else.
   */
  static async read(directory: string, service: string): Promise<SpentKeys> {
    const path = join(directory, `spent-keys.${encodeURIComponent(service)}.json`);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return new SpentKeys(directory, path, new Map(bytes && parse(path, bytes)));
  }

  /** By kid. */
  get known(): ReadonlyMap<string, SpentState> {
    return this.keys;
  }

  /** Learns of keys that have gone further; rejects when that cannot be written, but knows it. */
  async learn(states: ReadonlyMap<string, SpentState>): Promise<void> {
    const news = [...states].filter(
      ([kid, state]) => this.keys.get(kid) !== state && this.keys.get(kid) !== 'retired',
    );
    if (news.length === 0) return;
    for (const [kid, state] of news) {
      this.keys.delete(kid);
      this.keys.set(kid, state);
    }
    const tooMany = Math.max(0, this.keys.size - most);
    for (const kid of [...this.keys.keys()].slice(0, tooMany)) this.keys.delete(kid);
    await this.write();
  }

  /** Written aside and put in place when whole: a crash leaves the old file or the new one. */
  private async write(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${randomUUID()}`;
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify([...this.keys]));
      await file.sync();
      await rename(draft, this.path);
    } finally {
      await file.close();
      await rm(draft, { force: true });
    }
  }
}

function parse(path: string, bytes: Buffer): [string, SpentState][] {
  try {
    return schema.parse(parseStrictJson(bytes));
  } catch (cause) {
    throw new ConfigError(
      [`${path}: is not readable. If no backup has been restored, delete this file`],
      { cause },
    );
  }
}
