/** gRPC: apart from the main door, because its packages are optional. */
export {
  CountersignGrpcServer,
  type CountersignGrpcServerOptions,
} from './lib/grpc/countersign-grpc-server.js';
export type { GrpcLimitOptions } from './lib/grpc/grpc-limits.js';
