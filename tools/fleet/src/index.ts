export type { Fleet } from './lib/start-fleet.js';
export type { LogEntry } from './lib/process/log-book.js';
export { freePorts } from './lib/ports.js';
export { cast, readerClient, userUri, webClient } from './lib/data/seeds.js';
export { startTemporaryFleet } from './lib/start-temporary-fleet.js';
export { requestToken, tokenFor, type TokenRequest } from './lib/request-token.js';
export { send, type Answer } from './lib/send.js';
export { runDemo } from './lib/run-demo.js';
