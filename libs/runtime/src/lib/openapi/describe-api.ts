/** Makes the OpenAPI document of an app from its controllers and from the rules that guard them. */
import type { INestApplication, Type } from '@nestjs/common';
import { ApplicationConfig, type HttpAdapterHost, type ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { accessRuleOf } from '@countersign/auth';
import { securityOf, type SecurityAlternative } from '@countersign/auth/openapi';
import type { ZodType } from 'zod';

import type { OpenApiOptions, OpenApiScheme } from './openapi-options.js';
import { toJsonSchema } from './to-json-schema.js';

/** What an application is made of, as far as a document needs it: inject both. @publicApi */
export interface ApiParts {
  readonly modules: ModulesContainer;
  readonly adapterHost: HttpAdapterHost;
}

interface Operation {
  readonly operationId?: string;
  security?: SecurityAlternative[];
}

type Controller = Type & { readonly prototype: Record<string, object> };

const problem = {
  type: 'object',
  description: 'A refusal (RFC 9457).',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For people.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    decision: { type: 'string', description: "Under which the service's log explains it." },
    errors: {
      type: 'array',
      description: 'Every member of the request that is wrong.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer (RFC 6901) to the member.' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

/**
 * Describes an app in OpenAPI 3.1: routes and schemas from its controllers, and as security of each
 * operation the scopes of the very rule that the guard obeys.
 * @throws TypeError for an operation without a controller: the document would lie about it.
 * @publicApi
 */
export function describeApi(parts: ApiParts, options: OpenApiOptions): OpenAPIObject {
  const document = SwaggerModule.createDocument(asApplication(parts), configOf(options), {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
    autoTagControllers: false,
    ...(options.include && { include: [...options.include] }),
    standardSchemaConverter: (schema, { schemaType }) => ({
      schema: toJsonSchema(schema as ZodType, schemaType),
    }),
  });
  const controllers = controllersOf(parts.modules);
  const ways = Object.fromEntries(
    Object.entries(options.schemes).map(([name, { scopes }]) => [name, Object.keys(scopes)]),
  );
  const paths = Object.entries(document.paths).map(([path, item]) => {
    for (const operation of Object.values(item) as Operation[]) {
      const [name = '', method = ''] = operation.operationId?.split('.') ?? [];
      const controller = controllers.get(name);
      const handler = controller?.prototype[method];
      if (!controller || !handler) throw new TypeError(`${path} belongs to no controller`);
      operation.security = securityOf(accessRuleOf(controller, handler), ways);
    }
    return [canonical(path, options.slashed), item];
  });
  const schemas = { ...document.components?.schemas, Problem: problem };
  return {
    ...document,
    paths: Object.fromEntries(paths) as OpenAPIObject['paths'],
    components: { ...document.components, schemas } as OpenAPIObject['components'] & object,
  };
}

const canonical = (path: string, slashed: readonly string[]): string =>
  slashed.some((start) => path === start || path.startsWith(`${start}/`)) ? `${path}/` : path;

function controllersOf(modules: ModulesContainer): ReadonlyMap<string, Controller> {
  const all = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  return new Map(all.map(({ metatype }) => [metatype?.name ?? '', metatype as Controller]));
}

/** What @nestjs/swagger reads of an application, which no provider can have injected. */
function asApplication({ modules, adapterHost }: ApiParts): INestApplication {
  const application = {
    container: { getModules: () => modules, isGlobalModule: () => false },
    config: new ApplicationConfig(),
    getHttpAdapter: () => adapterHost.httpAdapter,
  };
  return application as unknown as INestApplication;
}

function configOf(options: OpenApiOptions): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(options.title)
    .setDescription(options.description)
    .setVersion('1')
    .addServer(options.publicUrl.replace(/\/$/, ''));
  for (const [name, scheme] of Object.entries(options.schemes))
    builder.addSecurity(name, schemeOf(scheme));
  return builder.build();
}

function schemeOf({ kind, description, scopes }: OpenApiScheme) {
  if ('header' in kind)
    return { type: 'apiKey' as const, in: 'header', name: kind.header, description };
  const tokenUrl = `${kind.issuer}/oauth2/token`;
  return {
    type: 'oauth2' as const,
    description,
    flows: { clientCredentials: { tokenUrl, scopes: { ...scopes } } },
  };
}
