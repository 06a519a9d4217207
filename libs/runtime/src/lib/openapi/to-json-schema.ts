import { z } from 'zod';

/**
 * What a zod schema takes (`input`) or gives (`output`), as the JSON Schema of OpenAPI 3.1.
 * @internal
 */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const options = { io, target: 'draft-2020-12', unrepresentable: 'any' } as const;
  const members = Object.entries(z.toJSONSchema(schema, options));
  return Object.fromEntries(members.filter(([name]) => name !== '$schema'));
}
