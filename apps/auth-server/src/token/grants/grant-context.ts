/**
 * What the grants have in common: one function each, from an authenticated client and its request to
 * what a token will say. They know no request of HTTP, no key and no table.
 */
import type { AuthenticatedClient } from '../client-authentication/authenticated-client.js';
import type { FormParameters } from '../parse-form.js';
import type { Registry, Service } from '../../registry/registry.js';
import type { Assertions } from '../assertions/assertions.js';
import type { Confirmation } from '../sender/confirmation.js';
import type { Sender } from '../sender/sender.js';
import type { Actor } from './actor.js';

/** A request for a token, its client authenticated. */
export interface GrantContext {
  readonly caller: AuthenticatedClient;
  readonly form: FormParameters;
  /** One snapshot for the whole request. */
  readonly registry: Registry;
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Longest chain of actors in a token. */
  readonly longestChain: number;
  /** Verifies the tokens and assertions within the request. */
  readonly assertions: Assertions;
  /** What the client has shown to hold besides its credentials. */
  readonly sender: Sender;
}

/** What a token will say: decided, not yet signed. */
export interface Authorization {
  /** The client that asked, by its id. */
  readonly client: string;
  readonly service: Service;
  readonly scopes: readonly string[];
  /** Whom the token is about, if not the client itself: a user, or the client that called first. */
  readonly subject: string | undefined;
  /** Who acts for the subject, outermost first (RFC 8693 section 4.1). */
  readonly act: Actor | undefined;
  /** Seconds since the epoch that the token must not outlive. */
  readonly expiresAt: number | undefined;
  /** RFC 8693 section 2.2.1; of a token exchange only. */
  readonly issuedTokenType?: string;
  /** What the token it is made from was bound to: the new one is bound to that, too. */
  readonly boundTo?: Confirmation | undefined;
}

/** Decides what an authenticated client gets for its request; throws a TokenError if nothing. */
export type GrantType = (context: GrantContext) => Authorization | Promise<Authorization>;
