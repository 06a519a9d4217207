/** Adds to an OpenAPI document what the guard demands. Must not know how such a document is made. */
import type { INestApplicationContext } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { scopesOf, type MappedRoute } from '@countersign/token';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { routesOf } from '../map/routes-of.js';
import { schemesOf, securityBy, type DescribedServer } from './schemes-of.js';

export type { DescribedServer };

/** How access is described. @publicApi */
export interface DescribeAccessOptions {
  /** Name of a trust entry -> what else is told of it. */
  readonly servers?: Readonly<Record<string, DescribedServer>>;
}

interface Operation {
  security?: unknown;
  responses?: Record<string, unknown>;
}

/**
 * A document of `SwaggerModule.createDocument()`, with what each route demands: security schemes for
 * everybody whom the application trusts, and for each operation the alternatives of schemes and scopes that
 * its rule takes; `security: []` where it is public. Operations that are guarded get the refusals of the
 * guard (401, 403, 503), unless they describe these themselves.
 *
 * The document given stays as it is. Tells whom the application trusts, by the names of trust entries.
 *
 * @example
 * const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
 * SwaggerModule.setup('api', app, describeAccess(document, app));
 * @throws TypeError for an operation without a route: the document would lie about it.
 * @publicApi
 */
export function describeAccess(
  document: OpenAPIObject,
  app: INestApplicationContext,
  { servers = {} }: DescribeAccessOptions = {},
): OpenAPIObject {
  const options = app.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  const unknown = Object.keys(servers).find(
    (name) => !options.trust.issuers.some((issuer) => issuer.name === name),
  );
  if (unknown !== undefined) throw new TypeError(`servers.${unknown} is no trust entry`);
  const described = structuredClone(document);
  const routes = routesOf(app).filter(({ transport }) => transport === 'http');
  for (const [path, item] of Object.entries(described.paths as Record<string, object>))
    for (const [method, operation] of Object.entries(item) as [string, unknown][])
      if (isOperation(operation)) describe(operation, routeAt(routes, method, path), options);
  const components = (described.components ??= {});
  components.securitySchemes = {
    ...components.securitySchemes,
    ...(schemesOf(options, servers) as object),
  };
  components.schemas = { ...components.schemas, AccessProblem: problem as never };
  return { ...described, openapi: '3.1.0' };
}

/** Of whatever method: what `@All()` answers is told under more than OpenAPI knows. */
const isOperation = (value: unknown): value is Operation =>
  typeof value === 'object' && value !== null && 'responses' in value;

function routeAt(routes: readonly MappedRoute[], method: string, path: string): MappedRoute {
  const wanted = slots(path);
  const found = routes.find(
    (route) =>
      (route.method === 'ALL' || route.method === method.toUpperCase()) &&
      slots(route.path) === wanted,
  );
  if (found === undefined)
    throw new TypeError(
      `${method.toUpperCase()} ${path} of the document is no route of the application`,
    );
  return found;
}

/** A path with one sign for each parameter, however it is written: `:id`, `{id}`, `*rest`. */
const slots = (path: string): string =>
  path.replace(/\{[^}]*\}|[:*][A-Za-z_][A-Za-z0-9_]*/g, '\0').replace(/(.)\/$/, '$1');

function describe(operation: Operation, { rule }: MappedRoute, options: ResolvedOptions): void {
  operation.security = securityBy(rule, options);
  if (rule.access === 'public') return;
  const scopes = scopesOf(rule);
  operation.responses = {
    401: refusal('No token, or one that does not hold here'),
    403: refusal(
      scopes.length > 0
        ? `Refused by the rule of the route: ${scopes.join(', ')}`
        : 'Refused by the rule of the route',
    ),
    503: refusal('Nobody could decide: ask again after the pause that Retry-After tells'),
    ...operation.responses,
  };
}

const refusal = (description: string): object => ({
  description,
  content: {
    'application/problem+json': { schema: { $ref: '#/components/schemas/AccessProblem' } },
  },
});

const problem = {
  type: 'object',
  description: 'A refusal (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'decision'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For people.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    decision: { type: 'string', description: "Under which the service's log explains it." },
  },
};
