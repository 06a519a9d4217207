/** Every route and message handler of an application with its rule, as data. Must not know tokens. */
import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { MappedRoute } from '@countersign/token';

import {
  GATEWAY,
  GATEWAY_OPTIONS,
  HANDLER_TYPE,
  IS_MESSAGE_HANDLER,
  MESSAGE_NAME,
  MESSAGE_PATTERN,
} from '../constants.js';
import { handshake } from '../context/handshake-context.js';
import { servedRuleOf } from '../decorators/access-rule-of.js';

/** Where a route is declared. */
interface Place {
  readonly config: ApplicationConfig;
  readonly controller: Type;
  readonly name: string;
  readonly handler: object;
}

/**
 * The routes and message handlers of all controllers, sorted by transport, path and method; `ALL` where
 * every method is answered. What declares nothing is open, as it is where the boot lets it through.
 * @throws TypeError for a route whose declarations contradict each other.
 * @publicApi
 */
export function routesOf(app: INestApplicationContext): readonly MappedRoute[] {
  return routesIn(
    app.get(ModulesContainer, { strict: false }),
    app.get(ApplicationConfig, { strict: false }),
  );
}

/** The same of what an application is made of. @internal */
export function routesIn(
  modules: ModulesContainer,
  config: ApplicationConfig,
): readonly MappedRoute[] {
  const scanner = new MetadataScanner();
  const routes = classesOf(modules, 'controllers').flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      return handler ? routesAt({ config, controller, name, handler }) : [];
    });
  });
  const gateways = classesOf(modules, 'providers').flatMap(gatewayRoutes);
  return [...routes, ...gateways].sort(
    (a, b) => order(a.transport, b.transport) || order(a.path, b.path) || order(a.method, b.method),
  );
}

function classesOf(modules: ModulesContainer, kind: 'controllers' | 'providers'): readonly Type[] {
  const wrappers = [...modules.values()].flatMap((module) => [...module[kind].values()]);
  const found = new Set<unknown>(wrappers.map(({ metatype }) => metatype));
  return [...found].filter((metatype): metatype is Type => typeof metatype === 'function');
}

/** The connection itself, by the rule of the class, and each message, by its own. */
function gatewayRoutes(gateway: Type): readonly MappedRoute[] {
  if (!Reflect.hasMetadata(GATEWAY, gateway)) return [];
  const { path, namespace } = (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) ?? {}) as {
    readonly path?: unknown;
    readonly namespace?: unknown;
  };
  const place = [path, namespace].find((one) => typeof one === 'string') as string | undefined;
  const common = { transport: 'websocket' as const };
  const prototype = gateway.prototype as Record<string, object>;
  const messages = new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (handler === undefined || !Reflect.hasMetadata(IS_MESSAGE_HANDLER, handler)) return [];
    const message: unknown = Reflect.getMetadata(MESSAGE_NAME, handler);
    return [
      {
        ...common,
        method: 'MESSAGE',
        path: typeof message === 'string' ? message : JSON.stringify(message),
        handler: `${gateway.name}.${name}`,
        rule: servedRuleOf(gateway, handler),
      },
    ];
  });
  const rule = servedRuleOf(gateway, handshake);
  return [
    { ...common, method: 'CONNECT', path: place ?? '/', handler: gateway.name, rule },
    ...messages,
  ];
}

function routesAt(place: Place): readonly MappedRoute[] {
  const { controller, name, handler } = place;
  const methodPath: unknown = Reflect.getMetadata('path', handler);
  const patterns = (Reflect.getMetadata(MESSAGE_PATTERN, handler) ?? []) as readonly unknown[];
  if (methodPath === undefined && patterns.length === 0) return [];
  const rule = servedRuleOf(controller, handler);
  const common = { handler: `${controller.name}.${name}`, rule };
  const messages = patterns.map((pattern) => ({
    transport: 'message' as const,
    method: Reflect.getMetadata(HANDLER_TYPE, handler) === EVENT ? 'EVENT' : 'REQUEST',
    path: patternInWords(pattern),
    ...common,
  }));
  if (methodPath === undefined) return messages;
  const verb = (Reflect.getMetadata('method', handler) as RequestMethod | undefined) ?? 0;
  const method = RequestMethod[verb] as string;
  return [
    ...messages,
    ...pathsAt(place, methodPath, verb).map((path) => ({
      transport: 'http' as const,
      method,
      path,
      ...common,
    })),
  ];
}

/** `PatternHandler.EVENT` of @nestjs/microservices, which is optional. */
const EVENT = 2;

function pathsAt(
  { config, controller, handler }: Place,
  methodPath: unknown,
  verb: RequestMethod,
): readonly string[] {
  const factory = new RoutePathFactory(config);
  const controllerPaths = [Reflect.getMetadata('path', controller) as string | string[]].flat();
  return controllerPaths.flatMap((ctrlPath) =>
    [methodPath as string | string[]].flat().flatMap((path) =>
      factory.create(
        {
          ctrlPath,
          methodPath: path,
          globalPrefix: config.getGlobalPrefix(),
          controllerVersion: Reflect.getMetadata('__version__', controller),
          methodVersion: Reflect.getMetadata('__version__', handler),
          versioningOptions: config.getVersioning(),
        } as Parameters<RoutePathFactory['create']>[0],
        verb,
      ),
    ),
  );
}

/** That of a gRPC method as calls spell it: `/package.Service/Method` without the package. */
function patternInWords(pattern: unknown): string {
  if (typeof pattern === 'string') return pattern;
  const { service, rpc } = (pattern ?? {}) as {
    readonly service?: unknown;
    readonly rpc?: unknown;
  };
  return typeof service === 'string' && typeof rpc === 'string'
    ? `${service}/${rpc}`
    : JSON.stringify(pattern);
}

/** Not by locale: the order is part of snapshots. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
