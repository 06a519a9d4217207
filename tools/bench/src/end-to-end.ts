import { parseArgs } from 'node:util';

import { endToEndBench } from './lib/end-to-end/end-to-end-bench.js';
import { endToEndReport } from './lib/end-to-end/end-to-end-report.js';

const { values } = parseArgs({
  options: {
    /** Per pass; there are three for each engine. */
    notifications: { type: 'string', default: '3000' },
    clients: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
  },
});

const results = await endToEndBench({
  notifications: Number(values.notifications),
  clients: Number(values.clients),
  progress: (text) => process.stderr.write(`${text}\n`),
});
console.log(values.json ? JSON.stringify(results, null, 2) : endToEndReport(results));
