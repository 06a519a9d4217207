#!/usr/bin/env node
// What npx runs. Plain JavaScript that is there before the first build, which it asks for.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write('countersign: not built yet. Run: npx nx build cli\n');
  process.exitCode = 4;
}
