/**
 * How a server that is not ours writes its access tokens: data and small questions about claims.
 * Knows no trust entry and no route.
 */
import type { JsonObject } from '../../types.js';

/**
 * A check that a trust entry gives up for one issuer, by name: nothing is given up without its word.
 *
 * - `typ-jwt`: the header may say `typ: JWT`, as ID tokens do; claims tell access tokens apart.
 * - `typ-missing`: the header may lack `typ`.
 * - `jti-missing`: tokens may lack `jti`; such a token can be neither used once nor revoked by name.
 * - `act-missing`: a user's token need not name the client as its actor (`act`, RFC 8693).
 * - `aud-missing`: a token without `aud` is meant for us if its client is among `callers`.
 * @publicApi
 */
export type Relaxation = 'typ-jwt' | 'typ-missing' | 'jti-missing' | 'act-missing' | 'aud-missing';

/** Every word there is. @internal */
export const relaxationWords: readonly Relaxation[] = [
  'typ-jwt',
  'typ-missing',
  'jti-missing',
  'act-missing',
  'aud-missing',
];

/** Servers whose dialect is known. @publicApi */
export type ForeignPreset = 'keycloak' | 'entra' | 'auth0' | 'okta' | 'cognito';

/** Who acts by a token. @internal */
export type ActorKind = 'service' | 'user';

/** How the claims of one kind of server are read. @publicApi */
export interface TokenDialect {
  readonly name: ForeignPreset | 'standard';
  /** Claims that may name the client; at least one is there, and all that are agree. */
  readonly clientClaims: readonly string[];
  /** The claim that names a user for good. */
  readonly userClaim: string;
  /** Whether these are the claims of an access token, and not of another token of this server. */
  isAccessToken(claims: JsonObject, issuer: string): boolean;
  /** Who acts; undefined where the claims do not say it clearly. */
  actorKind(claims: JsonObject, clientId: string): ActorKind | undefined;
  /** The claim that holds the scopes of such a token. */
  scopeClaim(kind: ActorKind): 'scope' | 'scp' | 'roles';
}

/** How tokens of a server that is not ours are read, and what is given up for them. @publicApi */
export interface ForeignRules {
  readonly dialect: TokenDialect;
  readonly relaxations: readonly Relaxation[];
  /** What the server calls our audiences: its value -> our URI. */
  readonly audiences: Readonly<Record<string, string>>;
  /** The audience of tokens without `aud`; undefined refuses them. */
  readonly missingAudience: string | undefined;
  /** What stands before our scopes in its tokens; scopes without it are not ours. */
  readonly scopePrefix: string;
  /** What makes its name of a user a canonical URI; undefined where names are URIs already. */
  readonly subjectPrefix: string | undefined;
}
