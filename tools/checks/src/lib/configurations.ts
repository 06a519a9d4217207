import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { z } from 'zod';

/** One environment variable as its app's schema declares it. */
export interface Variable {
  readonly name: string;
  readonly description: string;
  /** As it would stand in the environment; undefined when there is none. */
  readonly byDefault: string | undefined;
  /** Bounds and choices, in words; empty when there are none. */
  readonly limits: string;
}

/** What one app reads of its environment. */
export interface Configuration {
  readonly app: string;
  readonly variables: readonly Variable[];
}

/**
 * Reads the schemas out of the built apps: the very objects that parse the environment, so that no
 * document can say something else. Every app's `config.ts` exports `configSchema`.
 */
export async function readConfigurations(root: string): Promise<readonly Configuration[]> {
  const apps = readdirSync(join(root, 'apps')).filter((name) => !name.endsWith('-e2e'));
  return Promise.all(
    apps.sort().map(async (app) => {
      const url = pathToFileURL(join(root, 'apps', app, 'dist/config.js')).href;
      const { configSchema } = (await import(url)) as { configSchema: z.ZodType };
      return { app, variables: variablesOf(configSchema) };
    }),
  );
}

interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The variables of one schema, in its order. */
export function variablesOf(schema: z.ZodType): readonly Variable[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    description: property.description ?? '',
    byDefault: property.default === undefined ? undefined : String(property.default),
    limits: limitsOf(property),
  }));
}

function limitsOf({ enum: choices, minimum, maximum }: JsonSchema): string {
  if (choices) return choices.join(', ');
  const bounds = [
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? [] : [`from ${minimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ];
  return bounds.join(' ');
}
