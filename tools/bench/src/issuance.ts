import { parseArgs } from 'node:util';

import { issuanceBench } from './lib/issuance/issuance-bench.js';
import { issuanceReport } from './lib/issuance/issuance-report.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    tokens: { type: 'string', default: '3000' },
    /** Seconds of load before the memory is read; 0 leaves that out. */
    soak: { type: 'string', default: '60' },
    /** Measures only what has a name like this. */
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    'auth-server': { type: 'string' },
  },
});

const results = await issuanceBench({
  rounds: Number(values.rounds),
  tokens: Number(values.tokens),
  soakSeconds: Number(values.soak),
  only: new RegExp(values.only),
  program: values['auth-server'],
  progress: (text) => process.stderr.write(`${text}\n`),
});
console.log(values.json ? JSON.stringify(results, null, 2) : issuanceReport(results));
