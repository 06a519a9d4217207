import { parseArgs } from 'node:util';

import { guardBench } from './lib/guard/guard-bench.js';
import { guardGoals, guardReport } from './lib/guard/guard-report.js';

const { values } = parseArgs({
  options: {
    /** How often every server is started anew. */
    sittings: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '4000' },
    /** Bad tokens sent between two looks at the memory; 0 leaves that out. */
    flood: { type: 'string', default: '20000' },
    /** Measures only what has a name like this. */
    only: { type: 'string', default: '' },
    /** Adds the CPU profile of this series, such as fastify-guarded. */
    profile: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const results = await guardBench({
  sittings: Number(values.sittings),
  rounds: Number(values.rounds),
  requests: Number(values.requests),
  flood: Number(values.flood),
  only: new RegExp(values.only),
  profile: values.profile,
  progress: (text) => process.stderr.write(`${text}\n`),
});
console.log(
  values.json
    ? JSON.stringify({ ...results, profile: undefined, goals: guardGoals(results) }, null, 2)
    : guardReport(results),
);
