/** Every HTTP route of an application with its rule, as data. Must not know tokens or test runners. */
import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { accessRuleOf } from '@countersign/auth';
import type { AccessRule } from '@countersign/token';

/** One route of HTTP, and what it demands. @publicApi */
export interface RouteAccess {
  /** `GET /user/:id`: what the access map and the options of attacks call it. */
  readonly route: string;
  readonly method: string;
  /** With its parameters as they were declared. */
  readonly path: string;
  /** `UsersController.one`. */
  readonly handler: string;
  readonly rule: AccessRule;
}

/** Where a route is declared. */
interface Place {
  readonly config: ApplicationConfig;
  readonly controller: Type;
  readonly name: string;
  readonly handler: object;
}

/** The routes of all controllers, sorted by path and method. @internal */
export function routesOf(app: INestApplication): readonly RouteAccess[] {
  const config = app.get(ApplicationConfig, { strict: false });
  const scanner = new MetadataScanner();
  const routes = controllersOf(app).flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      return handler ? routesAt({ config, controller, name, handler }) : [];
    });
  });
  return routes.sort((a, b) => order(a.path, b.path) || order(a.method, b.method));
}

function controllersOf(app: INestApplication): readonly Type[] {
  const wrappers = app.get(DiscoveryService, { strict: false }).getControllers();
  const found = new Set(wrappers.map(({ metatype }) => metatype));
  return [...found].filter((metatype): metatype is Type => typeof metatype === 'function');
}

function routesAt({ config, controller, name, handler }: Place): readonly RouteAccess[] {
  const methodPath: unknown = Reflect.getMetadata('path', handler);
  if (methodPath === undefined) return [];
  const rule = accessRuleOf(controller, handler);
  const verb = (Reflect.getMetadata('method', handler) as RequestMethod | undefined) ?? 0;
  // What answers every method is asked with one of them.
  const method = verb === RequestMethod.ALL ? 'GET' : (RequestMethod[verb] as string);
  return pathsAt({ config, controller, name, handler }, methodPath, verb).map((path) => ({
    route: `${method} ${path}`,
    method,
    path,
    handler: `${controller.name}.${name}`,
    rule,
  }));
}

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

/** Not by locale: the order is part of snapshots. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
