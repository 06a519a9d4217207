import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { workspaceRoot } from '@countersign/fleet';
import { parse } from 'yaml';

/** A service as `compose.yaml` describes it, as far as it is looked at here. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [member: string]: unknown;
}

/** `compose.yaml`. */
export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
}

/** Reads it, with its merges done; throws for a key that stands twice. */
export function readCompose(): Compose {
  const text = readFileSync(join(workspaceRoot, 'compose.yaml'), 'utf8');
  return parse(text, { merge: true, strict: true, uniqueKeys: true }) as Compose;
}
