import type { Type } from '@nestjs/common';
import type { Binding, Requirement } from '@countersign/token';

import { DECLARATIONS } from '../constants.js';
import type { AccessPolicy } from './access-policy.js';

/** One decorator's contribution to a rule. @internal */
export type Declaration =
  | { readonly kind: 'audience'; readonly audience: string }
  | { readonly kind: 'public'; readonly reason: string }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'bound'; readonly bound: Binding }
  | { readonly kind: 'single-use' }
  | { readonly kind: 'sender-constrained' }
  | {
      readonly kind: 'requirement';
      readonly requirement: Requirement;
      readonly policies: readonly Type<AccessPolicy<never>>[];
    };

/** A decorator for controllers and for their methods. @publicApi */
export type RuleDecorator = ClassDecorator & MethodDecorator;

/** Makes a decorator that appends to what the class or method already declares. @internal */
export function declare(declaration: Declaration): RuleDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const holder = (descriptor?.value as object | undefined) ?? target;
    Reflect.defineMetadata(DECLARATIONS, [...declarationsOf(holder), declaration], holder);
    if (key === undefined) return;
    // Under its name as well: another function may take the method's place, without the rule.
    const named = (Reflect.getOwnMetadata(DECLARATIONS, target, key) ?? []) as Declaration[];
    Reflect.defineMetadata(DECLARATIONS, [...named, declaration], target, key);
  };
}

/** What a class (with its base classes) or a method declares. @internal */
export function declarationsOf(holder: object): readonly Declaration[] {
  return (Reflect.getMetadata(DECLARATIONS, holder) as Declaration[] | undefined) ?? [];
}

/**
 * Whether something was declared on the method of this name, here or in the nearest base class
 * that declares anything on it, that its function does not have: the method was overridden, or
 * another decorator put a function of its own in its place.
 * @internal
 */
export function hasLostDeclarations(prototype: object, name: string, handler: object): boolean {
  const named = (Reflect.getMetadata(DECLARATIONS, prototype, name) ?? []) as Declaration[];
  const held = new Set(declarationsOf(handler));
  return named.some((declaration) => !held.has(declaration));
}
