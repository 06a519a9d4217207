/**
 * From request to principal: the first half of the arrow, as a passport strategy.
 * Must not know rules, policies or how a refusal is answered.
 */
import type { IncomingMessage } from 'node:http';

import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import {
  AccessError,
  extractToken,
  type Identity,
  type Presented,
  type Principal,
  type Trace,
} from '@countersign/token';

import { Call } from '../context/call.js';
import { HttpCall } from '../context/http-call.js';
import type { ResolvedOptions } from '../countersign.options.js';

/** How one request is authenticated: passport's options of `authenticate()`. @publicApi */
export interface AuthenticateOptions {
  /** Whether a token that holds may be remembered; true unless told. */
  readonly remember?: boolean;
  /** Told of each check that passes. */
  readonly trace?: Trace;
}

/**
 * A passport-jwt `Strategy` whose `authenticate()` runs Countersign's one verifier.
 *
 * Succeeds with a `Principal`, and its whole identity as passport's `info`; reports an `AccessError`
 * through `error()`, never through `fail()`, because "refused" and "nobody could decide" must stay
 * apart.
 * @publicApi
 */
export abstract class JwksStrategy {
  /** Its name in passport's process-wide registry: unique, so no other application answers to it. */
  abstract readonly name: string;
  abstract authenticate(request: object, options?: AuthenticateOptions): void;
  /** Takes the strategy out of passport's registry. */
  abstract onModuleDestroy(): void;
}

let instances = 0;

/** Makes and registers the strategy of one module instance. @internal */
export function createJwksStrategy(options: ResolvedOptions): JwksStrategy {
  const name = `countersign-${++instances}`;

  class RegisteredJwksStrategy extends PassportStrategy(Strategy, name) implements JwksStrategy {
    override readonly name = name;

    constructor() {
      // passport-jwt insists on both; authenticate() below is all that ever runs.
      super({ jwtFromRequest: () => null, secretOrKeyProvider: refuseProvider });
    }

    override authenticate(request: object, how?: AuthenticateOptions): void {
      const call = request instanceof Call ? request : new HttpCall(request as IncomingMessage);
      identityFrom(call, options, how).then(
        (identity) => this.success(identity.principal, identity),
        (error: unknown) => this.error(error as Error),
      );
    }

    validate(): never {
      throw new Error('passport-jwt must not verify: JwksStrategy does');
    }

    onModuleDestroy(): void {
      passport.unuse(name);
    }
  }
  return new RegisteredJwksStrategy();
}

const refuseProvider = (_request: unknown, _token: unknown, done: (error: Error) => void): void =>
  done(new AccessError('KEYS_UNAVAILABLE'));

async function identityFrom(
  call: Call,
  options: ResolvedOptions,
  { remember = true, trace }: AuthenticateOptions = {},
): Promise<Identity> {
  return options.authenticator.authenticate(presentedBy(call, options), remember, trace);
}

/** The one token of a call; throws as `extractToken` does. @internal */
export function presentedBy(call: Call, { trust }: ResolvedOptions): Presented {
  return extractToken(call.credentials, trust.carriers);
}

/**
 * Runs a strategy for one call the way passport does: on an object of its own that inherits from
 * the strategy, so that concurrent requests cannot answer for each other.
 * @internal
 */
export function runStrategy(
  strategy: JwksStrategy,
  call: Call,
  options: AuthenticateOptions,
): Promise<Identity> {
  return new Promise((resolve, reject) => {
    const attempt = Object.create(strategy) as JwksStrategy & {
      success: (principal: Principal, identity: Identity) => void;
      error: (error: unknown) => void;
    };
    attempt.success = (_principal, identity) => resolve(identity);
    attempt.error = reject;
    attempt.authenticate(call, options);
  });
}
