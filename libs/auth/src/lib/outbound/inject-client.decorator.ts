import { Inject } from '@nestjs/common';

/** The injection token of a client. @internal */
export const clientToken = (name: string): string => `countersign:client:${name}`;

/**
 * Injects the `ServiceClient` that the options of `CountersignClientsModule` call this.
 *
 * @example
 * constructor(@InjectClient('census') private readonly census: ServiceClient) {}
 * @publicApi
 */
export const InjectClient = (name: string): ParameterDecorator & PropertyDecorator =>
  Inject(clientToken(name));
