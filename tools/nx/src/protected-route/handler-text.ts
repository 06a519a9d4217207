import { literal } from '../source/options-of.js';
import type { Route, RouteMethod } from './normalize.js';

const decorators: Readonly<Record<RouteMethod, string>> = {
  get: 'Get',
  post: 'Post',
  put: 'Put',
  patch: 'Patch',
  delete: 'Delete',
};

/** The decorator of a route's method. @internal */
export const httpDecorator = ({ method }: Route): string => decorators[method];

/** The rule of a route, as decorators. @internal */
export function ruleDecorators({ scopes, callers }: Route): readonly string[] {
  const spread = (names: readonly string[]) => names.map((name) => literal(name)).join(', ');
  if (scopes.length + callers.length === 0) return ['@Authenticated()'];
  return [
    ...(scopes.length > 0 ? [`@Scopes(${spread(scopes)})`] : []),
    ...(callers.length > 0 ? [`@Callers(${spread(callers)})`] : []),
  ];
}

/** The method of the class that answers a route. @internal */
export function handlerText(route: Route, ...more: readonly string[]): string {
  const { rest, params, handler } = route;
  const path = rest === '' ? '' : literal(rest);
  const parameters = params.map((name) => `@Param('${name}') ${name}: string`).join(', ');
  return [
    `@${httpDecorator(route)}(${path})`,
    ...more,
    ...ruleDecorators(route),
    `${handler}(${parameters}) { return { ${params.join(', ')} }; }`,
  ].join('\n');
}

/** What the method needs of NestJS, and of us. @internal */
export const nestImports = (route: Route): readonly string[] => [
  httpDecorator(route),
  ...(route.params.length > 0 ? ['Param'] : []),
];

export const ruleImports = (route: Route): readonly string[] =>
  ruleDecorators(route).map((one) => one.slice(1, one.indexOf('(')));
