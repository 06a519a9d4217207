/** Looks at every handler before the application opens. Must not know requests or tokens. */
import {
  Inject,
  Injectable,
  Logger,
  RequestMethod,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

import { RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { hasLostDeclarations } from '../decorators/declare.js';
import { principalFactories } from '../decorators/principal.decorator.js';
import type { DeclaredRule } from '../decorators/read-access-rule.js';
import { RouteRules } from '../guards/route-rules.js';
import { formatTable } from './format-table.js';
import { proofProblem } from './proof-problem.js';
import { RawBodies } from './raw-bodies.js';

/** One thing that keeps the application from starting. @publicApi */
export interface BootFinding {
  /** `Controller.method` or a gateway's class. */
  readonly handler: string;
  /** `GET /user/:id/`, or the kind of handler. */
  readonly route: string;
  readonly problem: string;
}

/** The application refuses to start: its message is a table of all findings. @publicApi */
export class BootAuditError extends Error {
  override readonly name = 'BootAuditError';

  constructor(
    service: string,
    readonly findings: readonly BootFinding[],
  ) {
    super(
      `${service} does not start: ${findings.length} ${findings.length === 1 ? 'handler is' : 'handlers are'} not guarded as declared.\n\n` +
        `${formatTable(findings)}\n\n` +
        'Give each route a rule (@Audience with @Scopes, @Callers, @Authenticated ...) or @Public({ reason }).',
    );
  }
}

// Spelled out because the packages that own these keys are optional.
const PATTERN = 'microservices:pattern';
const GATEWAY = 'websockets:is_gateway';
const RESOLVER = 'graphql:resolver_type';
const ROUTE_ARGS = '__routeArguments__';

/** Stops the boot with a table when a handler has no rule, or is of a kind nobody guards. @internal */
@Injectable()
export class BootAudit implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly rules: RouteRules,
    private readonly rawBodies: RawBodies,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SERVICE_NAME) private readonly service: string,
  ) {}

  onModuleInit(): void {
    const controllers = this.classes(this.discovery.getControllers());
    const providers = this.classes(this.discovery.getProviders());
    const findings = [
      ...controllers.flatMap((controller) => this.auditController(controller)),
      ...providers.flatMap(auditProvider),
    ];
    if (findings.length > 0) throw new BootAuditError(this.service, findings);
    if (this.options.replay === 'off')
      new Logger('Countersign').warn({
        event: 'replay.off',
        then: 'tokens of routes for single use can be used again',
      });
  }

  private classes(wrappers: readonly { readonly metatype: unknown }[]): Type[] {
    const found = wrappers.map(({ metatype }) => metatype);
    return [...new Set(found)].filter(
      (metatype): metatype is Type => typeof metatype === 'function',
    );
  }

  private auditController(controller: Type): BootFinding[] {
    return this.methodsOf(controller).flatMap(([name, handler]) => {
      const route = routeOf(controller, handler);
      if (!route) return [];
      const problem = route.guarded
        ? this.problemOf(controller, name, handler)
        : 'message handlers are not supported yet';
      return problem ? [{ handler: `${controller.name}.${name}`, route: route.text, problem }] : [];
    });
  }

  private methodsOf(controller: Type): [string, object][] {
    const prototype = controller.prototype as Record<string, object>;
    return this.scanner
      .getAllMethodNames(prototype)
      .flatMap((name) => (prototype[name] ? [[name, prototype[name]] as [string, object]] : []));
  }

  private problemOf(controller: Type, name: string, handler: object): string | undefined {
    if (hasLostDeclarations(controller.prototype as object, name, handler))
      return 'was overridden or wrapped without the rule declared on it: declare it on the override, or above the wrapper';
    let declared: DeclaredRule;
    try {
      declared = this.rules.of(controller, handler);
    } catch (error) {
      return (error as Error).message;
    }
    const { rule } = declared;
    if (rule.access === 'public')
      return takesPrincipal(controller, name)
        ? 'is public, but takes a principal, caller or subject'
        : undefined;
    return rule.audience in this.options.audiences
      ? proofProblem(rule, this.options, this.rawBodies)
      : `audience '${rule.audience}' is not among the audiences of the options`;
  }
}

/** Whether a method answers HTTP (guarded) or messages (not yet), and how it is addressed. */
function routeOf(
  controller: Type,
  handler: object,
): { text: string; guarded: boolean } | undefined {
  const pattern: unknown = Reflect.getMetadata(PATTERN, handler);
  if (pattern !== undefined) return { text: `message ${JSON.stringify(pattern)}`, guarded: false };
  const path: unknown = Reflect.getMetadata('path', handler);
  if (path === undefined) return undefined;
  const method = RequestMethod[(Reflect.getMetadata('method', handler) as number) ?? 0];
  const prefix: unknown = Reflect.getMetadata('path', controller);
  return { text: `${method} ${join(prefix) + join(path) || '/'}`, guarded: true };
}

const join = (path: unknown): string =>
  [path]
    .flat()
    .map((one) => (typeof one === 'string' ? one.replace(/^\/+|\/+$/g, '') : ''))
    .map((one) => (one ? `/${one}` : ''))
    .join('|');

function auditProvider(provider: Type): BootFinding[] {
  const kind = Reflect.hasMetadata(GATEWAY, provider)
    ? 'WebSocket gateway'
    : Reflect.hasMetadata(RESOLVER, provider)
      ? 'GraphQL resolver'
      : undefined;
  if (!kind) return [];
  return [{ handler: provider.name, route: kind, problem: `${kind}s are not supported yet` }];
}

function takesPrincipal(controller: Type, method: string): boolean {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS, controller, method) ?? {}) as Record<
    string,
    { readonly factory?: unknown }
  >;
  return Object.values(parameters).some(({ factory }) => principalFactories.has(factory));
}
