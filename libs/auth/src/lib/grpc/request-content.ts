import type { ServiceDefinition } from '@grpc/grpc-js';

const contents = new WeakMap<object, Uint8Array>();

/** The bytes that a message was read from. @internal */
export function contentOf(message: object): Uint8Array | undefined {
  return contents.get(message);
}

/** A service whose messages are kept together with the bytes they are read from. @internal */
export function keepingContents(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): object => {
        const message = method.requestDeserialize(bytes) as object;
        contents.set(message, bytes);
        return message;
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}
