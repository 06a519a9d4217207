import type { Type } from '@nestjs/common';

/** One way in which a token of the service may be had and sent. @publicApi */
export interface OpenApiScheme {
  /** Issuer of access tokens, for `Authorization: Bearer`; or the header of self-issued tokens. */
  readonly kind: { readonly issuer: string } | { readonly header: string };
  readonly description: string;
  /** Scopes that such tokens may hold, each with a word for people. */
  readonly scopes: Readonly<Record<string, string>>;
}

/** What a service says of its interface, besides what its controllers say. @publicApi */
export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
  /** The service's own URL, with its trailing slash. */
  readonly publicUrl: string;
  /** Ways to authenticate, by name. */
  readonly schemes: Readonly<Record<string, OpenApiScheme>>;
  /** Beginnings of paths whose canonical form ends in a slash, such as `/user`. */
  readonly slashed: readonly string[];
  /** Modules whose controllers are described; all of the app unless given. */
  readonly include?: readonly Type[];
}

/** Injection token of the options. @internal */
export const OPENAPI_OPTIONS = Symbol('countersign:openapi-options');
