import type { CanActivate, ExceptionFilter } from '@nestjs/common';

// As @UseGuards() and @UseFilters() spell them.
const GUARDS = '__guards__';
const FILTERS = '__exceptionFilters__';

/**
 * Puts a guard before all others of a class, and a filter where it is the last of the class's own that is
 * asked. Once, however many applications share the class.
 * @internal
 */
export function protectClass(target: object, guard: CanActivate, filter: ExceptionFilter): void {
  prepend(GUARDS, guard, target);
  prepend(FILTERS, filter, target);
}

function prepend(key: string, value: unknown, target: object): void {
  const present = (Reflect.getMetadata(key, target) ?? []) as unknown[];
  if (!present.includes(value)) Reflect.defineMetadata(key, [value, ...present], target);
}
