import type { Tree } from '@nx/devkit';

import { GeneratorError } from '../workspace/generator-error.js';
import { trustFileOf } from '../workspace/guarded-app.js';
import { checkedName, checkedScopes, checkedUrl, listOf } from '../workspace/names.js';
import { projectNamed } from '../workspace/project.js';

const kinds = [
  'service-peer',
  'authorization-server',
  'keycloak',
  'entra',
  'auth0',
  'okta',
  'cognito',
] as const;

/** Who signs the tokens; the last five are servers that are not ours. @publicApi */
export type IssuerKind = (typeof kinds)[number];

/** What `trusted-issuer` is told. @publicApi */
export interface TrustedIssuerOptions {
  readonly name: string;
  readonly project: string;
  readonly kind?: IssuerKind;
  readonly issuer: string;
  readonly jwks?: string;
  readonly scopes?: string;
  readonly subjects?: string;
  readonly file?: string;
}

/** An entry that can be generated. @internal */
export interface Issuer {
  readonly name: string;
  readonly kind: IssuerKind;
  readonly issuer: string;
  readonly jwks: string | undefined;
  readonly scopes: readonly string[];
  readonly subjects: readonly string[];
  readonly file: string;
}

/** Fills in what was not said, and refuses what cannot be. @internal */
export function normalize(tree: Tree, options: TrustedIssuerOptions): Issuer {
  const { kind = 'service-peer', jwks } = options;
  if (!kinds.includes(kind))
    throw new GeneratorError(`kind: "${kind}" is none of ${kinds.join(', ')}`);
  const subjects = listOf(options.subjects).map((uri) => checkedUrl('subjects', uri));
  for (const uri of subjects)
    if (!uri.endsWith('/'))
      throw new GeneratorError(`subjects: "${uri}" is no prefix: it has to end in a slash`);
  if (isForeign(kind) && subjects.length > 1)
    throw new GeneratorError(`subjects: the users of ${kind} get one prefix`);
  return {
    name: checkedName('name', options.name),
    kind,
    issuer: checkedUrl('issuer', options.issuer),
    jwks: jwks === undefined ? undefined : checkedUrl('jwks', jwks),
    scopes: checkedScopes(listOf(options.scopes)),
    subjects,
    file: trustFileOf(tree, projectNamed(tree, options.project), options.file),
  };
}

/** Whether the server is not ours, and has to be believed by a dialect of its own. @internal */
export const isForeign = (kind: IssuerKind): boolean =>
  kind !== 'service-peer' && kind !== 'authorization-server';
