import type { FollowedSource } from './followed-source.js';
import type { Party } from './party.js';
import type { TrustTable } from './trust-table.js';

/** The issuers of one source that came, changed or went, by name. @internal */
export interface TrustChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What of a source is new in a table: whoever stayed the same party did not change. @internal */
export function changesOf(
  source: FollowedSource,
  before: TrustTable,
  after: TrustTable,
): TrustChanges {
  const old = partiesOf(source, before);
  const now = partiesOf(source, after);
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    changed: [...now].flatMap(([name, party]) =>
      old.has(name) && old.get(name) !== party ? [name] : [],
    ),
    removed: [...old.keys()].filter((name) => !now.has(name)),
  };
}

function partiesOf(source: FollowedSource, { parties }: TrustTable): ReadonlyMap<string, Party> {
  const own = parties.filter((party) => party.source === source);
  return new Map(own.map((party) => [party.entry.name, party]));
}
