/** The policies that rules name. Must not know rules, tokens or what a policy looks at. */
import { Injectable, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef, type ContextId } from '@nestjs/core';

import type { Call } from '../context/call.js';
import { HttpCall } from '../context/http-call.js';
import { WebSocketCall } from '../context/web-socket-call.js';
import type { AccessPolicy } from '../decorators/access-policy.js';

type Policy = AccessPolicy<never>;

/** A policy is one instance for all, or one that the injector makes for each request. */
type Known = { readonly instance: Policy } | { readonly perRequest: Type<Policy> };

/** @internal */
@Injectable()
export class Policies {
  private readonly known = new Map<string, Known>();
  private readonly classes = new Map<string, Type<Policy>>();
  private readonly contexts = new WeakMap<object, ContextId>();

  constructor(private readonly moduleRef: ModuleRef) {}

  /**
   * Takes up a policy class that some rule names.
   * @throws TypeError for one that no module provides, and for a name that another has: rules name
   * policies by class name, so that a rule is data.
   */
  add(policy: Type<Policy>): void {
    const known = this.classes.get(policy.name);
    if (known === policy) return;
    if (known) throw new TypeError(`two policies are named ${policy.name}: rename one`);
    this.known.set(policy.name, this.find(policy));
    this.classes.set(policy.name, policy);
  }

  /**
   * The instance of a policy for this call. What is request-scoped, or depends on it, is made once for
   * all policies of a call, and over HTTP shared with a controller that is.
   */
  of(name: string, call: Call): Policy | Promise<Policy> {
    const known = this.known.get(name);
    if (!known) throw new TypeError(`no policy named ${name}`);
    if ('instance' in known) return known.instance;
    return this.moduleRef.resolve(known.perRequest, this.contextOf(call), { strict: false });
  }

  private find(policy: Type<Policy>): Known {
    try {
      const { scope } = this.moduleRef.introspect(policy);
      if (scope !== Scope.DEFAULT) return { perRequest: policy };
      return { instance: this.moduleRef.get<Policy>(policy, { strict: false }) };
    } catch (cause) {
      throw new TypeError(`policy ${policy.name} is not a provider of any module`, { cause });
    }
  }

  private contextOf(call: Call): ContextId {
    // A client of WebSockets sends many messages, and each is a request of its own.
    const key = call instanceof WebSocketCall ? call : call.holder;
    const known = this.contexts.get(key);
    if (known) return known;
    const request = requestOf(call);
    const id = ContextIdFactory.getByRequest(request);
    // Where Nest has made one for a controller, this finds it, every time; else it makes another.
    const isNests = ContextIdFactory.getByRequest(request) === id;
    if (!isNests) this.moduleRef.registerRequestByContextId(request, id);
    this.contexts.set(key, id);
    return id;
  }
}

/** What `@Inject(REQUEST)` gives: of a message its pattern, data and context. */
function requestOf(call: Call): Record<string, unknown> {
  const { holder, path, data } = call;
  if (call instanceof HttpCall) return holder as Record<string, unknown>;
  return { pattern: path, data, context: holder };
}
