import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

import { toJsonSchema } from './to-json-schema.js';

/** What a good answer holds. @publicApi */
export interface AnswerOptions {
  readonly description: string;
  /** Schema of its JSON body; none unless given. */
  readonly body?: z.ZodType;
  /** Header fields it carries, each with a word for people. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Documents a good answer of an operation. @publicApi */
export function answers(
  status: number,
  { description, body, headers = {} }: AnswerOptions,
): MethodDecorator {
  const described = Object.entries(headers).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' as const } },
  ]);
  return ApiResponse({
    status,
    description,
    headers: Object.fromEntries(described) as never,
    ...(body && { standardSchema: body }),
  });
}

/** Documents refusals of an operation, by status: problems of RFC 9457. @publicApi */
export const refuses = (refusals: Readonly<Record<number, string>>): MethodDecorator =>
  applyDecorators(
    ...Object.entries(refusals).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/problem+json': { schema: { $ref: problemRef } } },
      }),
    ),
  );

/** Documents a body of another media type than JSON, which the operation reads itself. @publicApi */
export const consumes = (type: string, body: z.ZodType): MethodDecorator =>
  applyDecorators(ApiConsumes(type), ApiBody({ schema: toJsonSchema(body, 'input') }));

/** Where a document holds the schema of problems. @internal */
export const problemRef = '#/components/schemas/Problem';
