import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a drizzle folder with these scripts, and returns it. */
export function writeMigrations(folder: string, scripts: readonly string[]): string {
  mkdirSync(join(folder, 'meta'), { recursive: true });
  const entries = scripts.map((script, idx) => {
    const tag = `000${idx}_step`;
    writeFileSync(join(folder, `${tag}.sql`), script);
    return { idx, version: '7', when: 1_000 + idx, tag, breakpoints: true };
  });
  writeFileSync(
    join(folder, 'meta', '_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  return folder;
}
