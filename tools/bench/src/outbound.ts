import { parseArgs } from 'node:util';

import { outboundBench } from './lib/outbound/outbound-bench.js';
import { outboundReport } from './lib/outbound/outbound-report.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    tokens: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
  },
});

const results = await outboundBench({
  rounds: Number(values.rounds),
  tokens: Number(values.tokens),
  progress: (text) => process.stderr.write(`${text}\n`),
});
console.log(values.json ? JSON.stringify(results, null, 2) : outboundReport(results));
