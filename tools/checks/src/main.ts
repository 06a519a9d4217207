import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { envExampleCheck } from './lib/env-example.check.js';
import { errorCodesTestedCheck } from './lib/error-codes-tested.check.js';
import { errorsDocument } from './lib/errors-document.js';
import { errorsDocumentCheck } from './lib/errors-document.check.js';
import { readmeLengthCheck } from './lib/readme-length.check.js';

const root = join(import.meta.dirname, '../../..');

if (process.argv.includes('--write')) writeFileSync(join(root, 'docs/errors.md'), errorsDocument());

for (const { name, run } of [
  errorsDocumentCheck,
  errorCodesTestedCheck,
  envExampleCheck,
  readmeLengthCheck,
]) {
  const problems = run(root);
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  problems.forEach((problem) => console.error(`     ${problem}`));
  if (problems.length > 0) process.exitCode = 1;
}
