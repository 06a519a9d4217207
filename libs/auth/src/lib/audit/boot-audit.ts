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
import { ruleForIssuer, type ProtectedRule } from '@countersign/token';

import {
  GATEWAY,
  IS_MESSAGE_HANDLER,
  MESSAGE_NAME,
  MESSAGE_PATTERN,
  RESOLVED_OPTIONS,
  SERVICE_NAME,
} from '../constants.js';
import { handshake } from '../context/handshake-context.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { hasLostDeclarations } from '../decorators/declare.js';
import { principalFactories } from '../decorators/principal.decorator.js';
import type { DeclaredRule } from '../decorators/read-access-rule.js';
import { takesParameter } from '../decorators/takes-parameter.js';
import { MessageGuarding } from '../guards/message-guarding.js';
import { RouteRules, UndeclaredError } from '../guards/route-rules.js';
import { WebSocketGuarding } from '../guards/web-socket-guarding.js';
import { formatTable } from './format-table.js';
import { proofProblem } from './proof-problem.js';
import { RawBodies } from './raw-bodies.js';
import { UndeclaredHandlers } from './undeclared-handlers.js';

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
    /** What a baseline of undeclared handlers would hold, where one was asked for and there is none. */
    readonly firstBaseline?: string,
  ) {
    super(
      `${service} does not start: ${findings.length} ${findings.length === 1 ? 'handler is' : 'handlers are'} not guarded as declared.\n\n` +
        `${formatTable(findings)}\n\n` +
        'Give each route a rule (@Audience with @Scopes, @Callers, @Authenticated ...) or @Public({ reason }).' +
        (firstBaseline === undefined
          ? ''
          : `\n\nThere is no baseline yet. To begin with these, write it:\n${firstBaseline}`),
    );
  }
}

// Spelled out because the package that owns this key is optional.
const RESOLVER = 'graphql:resolver_type';

/** Stops the boot with a table when a handler has no rule, or is of a kind nobody guards. @internal */
@Injectable()
export class BootAudit implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly rules: RouteRules,
    private readonly rawBodies: RawBodies,
    private readonly messages: MessageGuarding,
    private readonly sockets: WebSocketGuarding,
    private readonly undeclared: UndeclaredHandlers,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SERVICE_NAME) private readonly service: string,
  ) {}

  onModuleInit(): void {
    this.undeclared.open();
    const controllers = this.classes(this.discovery.getControllers());
    const providers = this.classes(this.discovery.getProviders());
    const findings = [
      ...controllers.flatMap((controller) => this.auditController(controller)),
      ...providers.flatMap((provider) => this.auditProvider(provider)),
      ...this.messages.unguarded.map(auditServer),
      ...this.undeclared.leftovers(),
    ];
    if (findings.length > 0)
      throw new BootAuditError(this.service, findings, this.undeclared.firstBaseline());
    this.undeclared.report();
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
    return this.methodsOf(controller).flatMap(([name, handler]) =>
      routesOf(controller, handler).flatMap((route) => {
        const problem = this.problemOf(controller, name, handler, route);
        return problem
          ? [{ handler: `${controller.name}.${name}`, route: route.text, problem }]
          : [];
      }),
    );
  }

  private auditProvider(provider: Type): BootFinding[] {
    if (Reflect.hasMetadata(GATEWAY, provider)) return this.auditGateway(provider);
    if (!Reflect.hasMetadata(RESOLVER, provider)) return [];
    const route = 'GraphQL resolver';
    return [{ handler: provider.name, route, problem: 'GraphQL resolvers are not supported yet' }];
  }

  private auditGateway(gateway: Type): BootFinding[] {
    const route = 'WebSocket gateway';
    if (!this.sockets.isServed(gateway))
      return [{ handler: gateway.name, route, problem: unserved }];
    const connection = this.problemOf(gateway, '', handshake, { transport: 'socket', text: route });
    const messages = this.methodsOf(gateway).flatMap(([name, handler]) => {
      if (!Reflect.hasMetadata(IS_MESSAGE_HANDLER, handler)) return [];
      const message = JSON.stringify(Reflect.getMetadata(MESSAGE_NAME, handler));
      const text = `WebSocket ${message}`;
      const problem = this.problemOf(gateway, name, handler, { transport: 'socket', text });
      return problem ? [{ handler: `${gateway.name}.${name}`, route: text, problem }] : [];
    });
    return connection
      ? [{ handler: gateway.name, route, problem: connection }, ...messages]
      : messages;
  }

  private methodsOf(controller: Type): [string, object][] {
    const prototype = controller.prototype as Record<string, object>;
    return this.scanner
      .getAllMethodNames(prototype)
      .flatMap((name) => (prototype[name] ? [[name, prototype[name]] as [string, object]] : []));
  }

  private problemOf(
    controller: Type,
    name: string,
    handler: object,
    { transport, text }: Route,
  ): string | undefined {
    if (hasLostDeclarations(controller.prototype as object, name, handler))
      return 'was overridden or wrapped without the rule declared on it: declare it on the override, or above the wrapper';
    let declared: DeclaredRule;
    try {
      declared = this.rules.of(controller, handler);
    } catch (error) {
      if (!(error instanceof UndeclaredError) || takesPrincipal(controller, name))
        return (error as Error).message;
      // A connection is the matter of the whole gateway.
      const handlerName = name === '' ? controller.name : `${controller.name}.${name}`;
      return this.undeclared.meet({ controller, handler, name: handlerName, route: text });
    }
    const { rule } = declared;
    if (rule.access === 'public')
      return takesPrincipal(controller, name)
        ? 'is public, but takes a principal, caller, subject, claim or token'
        : undefined;
    if (!(rule.audience in this.options.audiences))
      return `audience '${rule.audience}' is not among the audiences of the options`;
    if (unsigned[transport] !== undefined && rule.bound !== undefined)
      return `${unsigned[transport]}, for which no token can be signed: leave out @BodyBound and @RequestBound`;
    return this.proofProblem(rule, transport === 'http' ? this.rawBodies : undefined);
  }

  /** What the rule demands, or what the trust in somebody adds to it, and nobody could check. */
  private proofProblem(rule: ProtectedRule, bodies: RawBodies | undefined): string | undefined {
    const own = proofProblem(rule, this.options, bodies);
    if (own !== undefined) return own;
    for (const issuer of this.options.trust.issuers) {
      const problem = proofProblem(ruleForIssuer(rule, issuer), this.options, bodies);
      if (problem !== undefined) return `for tokens of '${issuer.name}' ${problem}`;
    }
    return undefined;
  }
}

/** What no token is signed for, where it is no single message. */
const unsigned: Partial<Record<Route['transport'], string>> = {
  stream: 'takes a stream',
  socket: 'takes what comes over a connection',
};

const unserved =
  'is not guarded: app.useWebSocketAdapter() needs an adapter of @countersign/auth/websockets';

/** How a method is reached, and how that reads in the table. */
interface Route {
  readonly transport: 'http' | 'message' | 'stream' | 'socket';
  readonly text: string;
}

/** A method can answer a message and a request of HTTP. */
function routesOf(controller: Type, handler: object): Route[] {
  const routes: Route[] = [];
  const pattern: unknown = Reflect.getMetadata(MESSAGE_PATTERN, handler);
  if (pattern !== undefined) routes.push(messageRoute(pattern));
  const path: unknown = Reflect.getMetadata('path', handler);
  if (path === undefined) return routes;
  const method = RequestMethod[(Reflect.getMetadata('method', handler) as number) ?? 0];
  const prefix: unknown = Reflect.getMetadata('path', controller);
  return [...routes, { transport: 'http', text: `${method} ${join(prefix) + join(path) || '/'}` }];
}

/** Nest keeps a list of patterns; that of a gRPC method has one, which says whether requests are streams. */
function messageRoute(pattern: unknown): Route {
  const [{ service, rpc, streaming } = {}] = [pattern].flat() as [Partial<Record<string, string>>?];
  if (rpc === undefined || streaming === undefined)
    return { transport: 'message', text: `message ${JSON.stringify(pattern)}` };
  const transport = streaming === 'no_stream' ? 'message' : 'stream';
  return { transport, text: `gRPC ${service}/${rpc}` };
}

const join = (path: unknown): string =>
  [path]
    .flat()
    .map((one) => (typeof one === 'string' ? one.replace(/^\/+|\/+$/g, '') : ''))
    .map((one) => (one ? `/${one}` : ''))
    .join('|');

const auditServer = (name: string): BootFinding => ({
  handler: name,
  route: 'message server',
  problem:
    'is not guarded: connect a CountersignTcpServer or CountersignGrpcServer, to one application',
});

function takesPrincipal(controller: Type, method: string): boolean {
  return takesParameter(controller, method, principalFactories);
}
