import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The file in DATA_DIR that holds a bootstrap credential: readable by its owner only. */
export class BootstrapFile {
  readonly path: string;

  constructor(private readonly directory: string) {
    this.path = join(directory, 'bootstrap-admin');
  }

  /** The credential in it; undefined without a file. */
  async read(): Promise<string | undefined> {
    try {
      return (await readFile(this.path, 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Puts a credential into it: whole or not at all, and never readable by others in between. */
  async write(credential: string): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const draft = `${this.path}.${randomUUID()}`;
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(`${credential}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Removes it, if it is there. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
