/** Message transports: apart from the main door, because `@nestjs/microservices` is optional. */
export {
  CountersignTcpClient,
  type CountersignTcpClientOptions,
  type OutgoingMessage,
} from './lib/messages/countersign-tcp-client.js';
export {
  CountersignTcpServer,
  type CountersignTcpServerOptions,
} from './lib/messages/countersign-tcp-server.js';
export type { SocketLimitOptions } from './lib/messages/socket-limits.js';
