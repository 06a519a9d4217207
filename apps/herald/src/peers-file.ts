import { trustFile, type TrustEntry, type TrustSource } from '@countersign/token';

const LEGACY = 'legacy-service-token';

/**
 * Services that sign their own tokens for Herald, as a trust file lists them (`trustFile`). What they
 * ask for costs a mail to somebody, and no server stands between: their tokens count only for the
 * content they were signed for, and once.
 *
 * A file that lists anybody else, or trusts a service further, is refused as a whole; only a `legacy`
 * peer, whose tokens need not have a `jti`, may use one again.
 */
export function peersFile(path: string): TrustSource {
  const source = trustFile(path);
  const load = async (): Promise<readonly TrustEntry[]> => {
    const entries = await source.load();
    entries.forEach(checkPeer);
    return entries;
  };
  return Object.freeze({ ...source, load });
}

function checkPeer({ name, kind, bound, singleUse, profile }: TrustEntry): void {
  if (kind !== 'service-peer') throw new TypeError(`${name} must be of kind servicePeer`);
  if (bound === undefined) throw new TypeError(`${name} must be bound: 'body' or 'request'`);
  if (singleUse !== true && profile.name !== LEGACY)
    throw new TypeError(`${name} must be singleUse: true`);
}
