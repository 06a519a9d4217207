import { authorizationServer } from '@countersign/token';

import { audience, issuerUrl, jwksUrl } from './environment.js';
import { guardedModule, manyIssuers } from './guarded.module.js';
import { serve } from './serve.js';

const others = manyIssuers(Number(process.env['BENCH_ISSUERS'] ?? 1) - 1);
const trust = [...others, authorizationServer(issuerUrl, { jwksUri: jwksUrl })];
const isOff = process.env['BENCH_CACHE'] === 'off';

await serve(guardedModule(audience, trust, isOff ? 'off' : undefined));
