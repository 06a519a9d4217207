/** WebSocket gateways, on the adapter that the application brings. */
export { CountersignWsAdapter } from './lib/websockets/countersign-ws-adapter.js';
export { CountersignIoAdapter } from './lib/websockets/countersign-io-adapter.js';
export type { WebSocketLimitOptions } from './lib/websockets/web-socket-limits.js';
