import { join } from 'node:path';

import { readConfigurations } from './lib/configurations.js';
import { describedVariablesCheck } from './lib/described-variables.check.js';
import { documentLinksCheck } from './lib/document-links.check.js';
import { errorCodesGivenCheck, errorCodesTestedCheck } from './lib/error-codes.check.js';
import { fleetMapCheck, readFleetMap } from './lib/fleet-map.js';
import { documentCheck, generatedDocuments, writeDocument } from './lib/generated-document.js';
import { readmeLengthCheck } from './lib/readme-length.check.js';

const root = join(import.meta.dirname, '../../..');
const workspace = {
  root,
  configurations: await readConfigurations(root),
  fleetMap: await readFleetMap(root),
};

if (process.argv.includes('--write')) {
  for (const document of generatedDocuments) writeDocument(document, workspace);
}

for (const { name, run } of [
  ...generatedDocuments.map(documentCheck),
  errorCodesGivenCheck,
  errorCodesTestedCheck,
  describedVariablesCheck,
  documentLinksCheck,
  fleetMapCheck,
  readmeLengthCheck,
]) {
  const problems = run(workspace);
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  problems.forEach((problem) => console.error(`     ${problem}`));
  if (problems.length > 0) process.exitCode = 1;
}
