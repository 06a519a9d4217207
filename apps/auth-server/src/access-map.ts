/** Writes the access map of this app, without starting it, to the file that is named or to standard output. */
import 'reflect-metadata';
import { writeAccessMap } from '@countersign/auth';
import { mapApp } from '@countersign/runtime';
import { memoryReplay } from '@countersign/token';

import { AppModule } from './app.module.js';
import { issuerOf, loadConfig } from './config.js';
import { longestLifetime } from './registry/longest-lifetime.js';
import { OWN_ISSUER, ownIssuer } from './status/own-issuer.js';
import { REPLAY } from './token/token.constants.js';

const config = loadConfig();

/** What this server knows of its own tokens; the map tells neither its keys nor its revocations. */
const issuer = ownIssuer({
  issuer: issuerOf(config),
  keys: { keyStore: { find: () => Promise.reject(new TypeError('a map verifies nothing')) } },
  revocations: { isRevoked: () => true },
  longestLifetime,
});
const map = await mapApp({
  config,
  module: () => AppModule.forRoot(config),
  standIns: [
    [OWN_ISSUER, issuer],
    [REPLAY, memoryReplay()],
  ],
});
await writeAccessMap(map, process.argv[2]);
