import type { Type } from '@nestjs/common';
import type { Json } from '@countersign/token';

import type { AccessPolicy } from './access-policy.js';
import { declare, type RuleDecorator } from './declare.js';
import * as words from './requirements.js';

/**
 * Names the audience a token must be meant for, by the service's own name of it. A method's
 * audience replaces its class's.
 * @publicApi
 */
export const Audience = (name: string): RuleDecorator =>
  declare({ kind: 'audience', audience: name });

/** Everything of this requirement; further decorators narrow it. @publicApi */
export const Access = (part: words.RuleFragment): RuleDecorator =>
  declare({ kind: 'requirement', ...part });

/** The token must hold all of these scopes. @publicApi */
export const Scopes = (...names: string[]): RuleDecorator => Access(words.scopes(...names));

/** The token must hold at least one of these scopes. @publicApi */
export const AnyScope = (...names: string[]): RuleDecorator => Access(words.anyScope(...names));

/** Only these callers, by the names the service's trust entries give them. @publicApi */
export const Callers = (...names: string[]): RuleDecorator => Access(words.callers(...names));

/** A user must be present on whose behalf the caller acts. @publicApi */
export const RequireUser = (): RuleDecorator => Access(words.requireUser());

/** Only services of their own right: a token that speaks for a user is refused. @publicApi */
export const ServiceOnly = (): RuleDecorator => Access(words.serviceOnly());

/**
 * A user must be present, and the policy must consent.
 *
 * @example
 * @Get(':id') @Scopes('users:read') @OnBehalfOf(SameUser, { param: 'id' })
 * @publicApi
 */
export const OnBehalfOf = <Options extends Json>(
  policy: Type<AccessPolicy<Options>>,
  ...options: null extends Options ? [options?: Options] : [options: Options]
): RuleDecorator => Access(words.onBehalfOf(policy, ...options));

/** Any trusted caller with a token for the audience, on purpose. @publicApi */
export const Authenticated = (): RuleDecorator => declare({ kind: 'authenticated' });

/**
 * With a token or without: one that comes has to hold, and be meant for the audience, or it is refused as
 * anywhere (401, never anonymous); without any credentials the handler runs for nobody, and its
 * parameters `@Principal()`, `@Caller()` ... are undefined. Stands alone: what else is demanded here or of
 * the class nobody would have to meet, and that stops the boot. On a class it is for the methods that
 * demand nothing themselves.
 *
 * @example
 * @Get() @OptionalAuth()
 * list(@Subject() user?: SubjectRef) {}
 * @publicApi
 */
export const OptionalAuth = (): RuleDecorator => declare({ kind: 'optional' });

/**
 * Only with a token that the caller signed for this very content (`bdy`), or with a DPoP proof that it
 * did. A token of an authorization server alone cannot be: nobody but the caller has seen the content.
 * Needs `rawBody: true`.
 *
 * @example
 * @Put(':id') @Scopes('users:write') @BodyBound() @SingleUse()
 * @publicApi
 */
export const BodyBound = (): RuleDecorator => declare({ kind: 'bound', bound: 'body' });

/**
 * Only with a token, or a DPoP proof, that the caller signed for this very request: its content
 * (`bdy`), its method (`htm`) and its URL with the query (`htu`), below the `publicUrl` of the options.
 * @publicApi
 */
export const RequestBound = (): RuleDecorator => declare({ kind: 'bound', bound: 'request' });

/**
 * Only with a token that was not used before, on any route that says so: the `replay` store of the
 * options remembers it, last, when everything else of the rule holds.
 * @publicApi
 */
export const SingleUse = (): RuleDecorator => declare({ kind: 'single-use' });

/**
 * Only with a token that is bound to its sender, who shows it: by a DPoP proof (RFC 9449), or by the
 * client certificate of its TLS connection (RFC 8705). What is bound is checked on every route; this
 * refuses what is not.
 * @publicApi
 */
export const SenderConstrained = (): RuleDecorator => declare({ kind: 'sender-constrained' });

/** Open to everybody, for a reason that the access map shows. @publicApi */
export const Public = ({ reason }: { readonly reason: string }): RuleDecorator => {
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new TypeError('@Public() needs a reason: why may everybody call this?');
  return declare({ kind: 'public', reason });
};
