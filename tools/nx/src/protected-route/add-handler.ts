import { joinPathFragments, type Tree } from '@nx/devkit';
import ts from 'typescript';

import { classesWith, decoratorOf, type DecoratedClass } from '../source/classes.js';
import { insert } from '../source/insert.js';
import { withImport } from '../source/with-import.js';
import { GeneratorError } from '../workspace/generator-error.js';
import { textOf } from '../workspace/project.js';
import { handlerText, httpDecorator, nestImports, ruleImports } from './handler-text.js';
import type { Route } from './normalize.js';

/** Adds the route to its controller, which is made where there is none; answers its path. @internal */
export function addHandler(tree: Tree, route: Route): string {
  const path = joinPathFragments(route.root, 'src', `${route.controller}.controller.ts`);
  const text = tree.exists(path)
    ? withHandler(textOf(tree, path), route, path)
    : newController(route);
  tree.write(path, text);
  return path;
}

function newController(route: Route): string {
  const { controller, className, audience } = route;
  return `import { Controller, ${nestImports(route).join(', ')} } from '@nestjs/common';
import { Audience, ${ruleImports(route).join(', ')} } from '@countersign/auth';

@Controller('${controller}')
@Audience('${audience}')
export class ${className} {
  ${handlerText(route)}
}
`;
}

function withHandler(text: string, route: Route, path: string): string {
  const found = classesWith(text, 'Controller').find(({ name }) => name === route.className);
  if (found === undefined)
    throw new GeneratorError(`${path} has no class ${route.className} with @Controller()`);
  refuseOtherPrefix(found, route, path);
  refuseTakenHandler(found, route, path);
  const own = audienceOn(found) === route.audience ? [] : [`@Audience('${route.audience}')`];
  const end = found.declaration.members.end;
  const added = insert(text, { at: end, text: `\n\n${handlerText(route, ...own)}\n` });
  const ours = [...(own.length > 0 ? ['Audience'] : []), ...ruleImports(route)];
  return withImport(
    withImport(added, '@nestjs/common', ...nestImports(route)),
    '@countersign/auth',
    ...ours,
  );
}

const textOfFirst = (call: ts.CallExpression | undefined): string | undefined => {
  const [first] = call?.arguments ?? [];
  return first !== undefined && ts.isStringLiteralLike(first) ? first.text : undefined;
};

const audienceOn = ({ declaration }: DecoratedClass): string | undefined =>
  textOfFirst(decoratorOf(declaration, 'Audience'));

function refuseOtherPrefix({ decorator, name }: DecoratedClass, route: Route, path: string): void {
  const prefix = textOfFirst(decorator)?.replace(/^\/|\/$/g, '');
  if (prefix !== route.controller)
    throw new GeneratorError(`${path}: ${name} does not answer for /${route.controller}`);
}

function refuseTakenHandler(
  { declaration, name }: DecoratedClass,
  route: Route,
  path: string,
): void {
  for (const method of declaration.members.filter(ts.isMethodDeclaration)) {
    const call = decoratorOf(method, httpDecorator(route));
    const isSame =
      call !== undefined && (textOfFirst(call) ?? '').replace(/^\/|\/$/g, '') === route.rest;
    if (isSame)
      throw new GeneratorError(
        `${path}: ${name} has ${route.method.toUpperCase()} /${route.controller}/${route.rest} already`,
      );
    if (method.name.getText() === route.handler)
      throw new GeneratorError(
        `${path}: ${name} has a method ${route.handler} already: give --handler`,
      );
  }
}
