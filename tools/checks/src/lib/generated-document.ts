import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Check, Workspace } from './check.js';
import { configurationDocument } from './configuration-document.js';
import { envExample } from './env-example.js';
import { errorsDocument } from './errors-document.js';
import { accessMapDocument } from './fleet-map.js';

/** A document made from the code. */
export interface GeneratedDocument {
  readonly path: string;
  readonly text: (workspace: Workspace) => string;
}

/** All of them. */
export const generatedDocuments: readonly GeneratedDocument[] = [
  { path: 'docs/errors.md', text: errorsDocument },
  {
    path: 'docs/configuration.md',
    text: ({ configurations }) => configurationDocument(configurations),
  },
  { path: 'docs/access-map.md', text: ({ fleetMap }) => accessMapDocument(fleetMap) },
  { path: '.env.example', text: ({ configurations }) => envExample(configurations) },
];

/** Writes a document anew. */
export function writeDocument({ path, text }: GeneratedDocument, workspace: Workspace): void {
  writeFileSync(join(workspace.root, path), text(workspace));
}

/** The document says what the code says, however its tables are padded. */
export function documentCheck({ path, text }: GeneratedDocument): Check {
  return {
    name: `${path} is generated from the code`,
    run(workspace) {
      const file = join(workspace.root, path);
      const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return squeeze(written) === squeeze(text(workspace))
        ? []
        : [`${path} is out of step: run \`npx nx run checks:write-docs\``];
    },
  };
}

function squeeze(text: string): string {
  return text.replace(/ +/g, ' ').replace(/-+/g, '-');
}
