/** gRPC: apart from the main door, because its packages are optional. */
export {
  CountersignGrpcClient,
  grpcClient,
  type GrpcClientProviderOptions,
} from './lib/grpc/countersign-grpc-client.js';
export type { CountersignGrpcClientOptions } from './lib/grpc/grpc-client.options.js';
export { GrpcCallError } from './lib/grpc/grpc-call-error.js';
export {
  CountersignGrpcServer,
  type CountersignGrpcServerOptions,
} from './lib/grpc/countersign-grpc-server.js';
export type { GrpcLimitOptions } from './lib/grpc/grpc-limits.js';
