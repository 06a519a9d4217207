import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

// As Nest spells it, for routes and message handlers.
const ROUTE_ARGS = '__routeArguments__';

const scanner = new MetadataScanner();

/** Whether a method takes a parameter that one of these factories makes. @internal */
export function takesParameter(
  controller: object,
  method: string,
  factories: ReadonlySet<unknown>,
): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS, controller, method) ?? {}) as Record<
    string,
    { readonly factory?: unknown }
  >;
  return Object.values(parameters).some(({ factory }) => factories.has(factory));
}

/** The same of a handler, whatever the names it has in its class. @internal */
export function handlerTakes(
  controller: object,
  handler: object,
  factories: ReadonlySet<unknown>,
): boolean {
  const { prototype } = controller as Type<Record<string, object>>;
  return scanner
    .getAllMethodNames(prototype)
    .some((name) => prototype[name] === handler && takesParameter(controller, name, factories));
}
