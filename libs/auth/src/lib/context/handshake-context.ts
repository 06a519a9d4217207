import type { ExecutionContext, Type } from '@nestjs/common';

import type { HandshakeCall } from './handshake-call.js';

/** Stands where a request has its handler: whoever connects has to satisfy the rule of the class. @internal */
export function handshake(): never {
  throw new Error('a handshake is decided, and handled by no gateway');
}

/** A handshake on its way to one gateway. @internal */
export class HandshakeContext implements ExecutionContext {
  constructor(
    readonly call: HandshakeCall,
    private readonly gateway: Type,
  ) {}

  getClass<T>(): Type<T> {
    return this.gateway as Type<T>;
  }

  getHandler(): () => never {
    return handshake;
  }

  getType<T extends string>(): T {
    return 'http' as T;
  }

  getArgs<T extends unknown[]>(): T {
    return [this.call.request] as unknown[] as T;
  }

  getArgByIndex<T>(index: number): T {
    return this.getArgs()[index] as T;
  }

  switchToHttp() {
    const getRequest = <T>() => this.call.request as T;
    const getNothing = <T>() => undefined as T;
    return { getRequest, getResponse: getNothing, getNext: getNothing };
  }

  switchToRpc(): never {
    throw new TypeError('a handshake is no message');
  }

  switchToWs(): never {
    throw new TypeError('a handshake has no client yet');
  }
}
