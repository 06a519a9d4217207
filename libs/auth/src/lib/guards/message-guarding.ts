/** Puts the guard before every message handler. Must not know messages, rules or tokens. */
import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';

import { MESSAGE_PATTERN } from '../constants.js';
import { gateOf } from '../context/message-gate.js';
import { CountersignGuard } from './countersign.guard.js';
import { messageGuard, messageRefusedFilter } from './message-guard.js';
import { protectClass } from './protect-class.js';

/**
 * Guards the message handlers of all controllers, in its constructor: a server of a hybrid application
 * takes them over as soon as it is connected, before any hook of a module runs. Learns of each server
 * that is connected, and opens the gates of those that are ours to the guard of this application.
 * @internal
 */
@Injectable()
export class MessageGuarding {
  /** Class names of connected servers whose messages have no guard. */
  readonly unguarded: string[] = [];

  constructor(
    private readonly scanner: MetadataScanner,
    discovery: DiscoveryService,
    modules: ModulesContainer,
    guard: CountersignGuard,
  ) {
    for (const { metatype } of discovery.getControllers())
      if (typeof metatype === 'function' && this.hasMessages(metatype as Type))
        protectClass(metatype, messageGuard, messageRefusedFilter);
    modules.getRpcTargetRegistry<object>().subscribe((server) => this.meet(server, guard));
  }

  private hasMessages({ prototype }: Type): boolean {
    const handlers = prototype as Record<string, object>;
    return this.scanner
      .getAllMethodNames(handlers)
      .some((name) => Reflect.hasMetadata(MESSAGE_PATTERN, handlers[name] as object));
  }

  private meet(server: object, guard: CountersignGuard): void {
    const gate = gateOf(server);
    gate?.guardBy(guard);
    if (gate?.guard !== guard) this.unguarded.push(server.constructor.name);
  }
}
