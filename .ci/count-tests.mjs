// Adds up the test cases of every result file, of Jest and of Vitest, and closes with the line that CI reads.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = 'test-results'] = process.argv.slice(2);
const files = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : [];
const total = { passed: 0, failed: 0 };

console.log('');
for (const file of files) {
  const result = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  // A suite that could not even be loaded has no test cases, but it has failed.
  const unloaded = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const failed = result.numFailedTests + unloaded.length;
  total.passed += result.numPassedTests;
  total.failed += failed;
  console.log(
    `${file.replace('.json', '').padEnd(18)} ${result.numPassedTests} passed, ${failed} failed`,
  );
}
console.log(`${total.passed} passed, ${total.failed} failed`);
