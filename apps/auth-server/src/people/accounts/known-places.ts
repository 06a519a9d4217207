import { createHash } from 'node:crypto';

import type { Session } from '@countersign/storage';

/** Where somebody signs in from. */
export interface Place {
  /** The secret of the browser's device cookie. */
  readonly device: string | undefined;
  /** See `networkOf`. */
  readonly network: string;
}

/** Which of it is known of an account. */
export interface KnownPlace {
  readonly device: boolean;
  readonly network: boolean;
}

/** Seconds after which a place that was not used is forgotten. */
const keptFor = 180 * 86_400;
/** Places of one kind that are kept of an account; those used last. */
const most = 20;

/**
 * Where people have signed in before, as digests. A device that is known is not slowed down by what
 * others try in that person's name (`SignInThrottle`).
 */
export class KnownPlaces {
  /** Of an account that does not exist nothing is known; asking takes the same time. */
  async find(
    session: Session,
    account: string | undefined,
    { device, network }: Place,
    now: number,
  ): Promise<KnownPlace> {
    const { rows } = await session.execute<{ readonly kind: string }>(
      `select kind from people_known_places
       where account = $1 and seen_at > $4
         and ((kind = 'device' and digest = $2) or (kind = 'network' and digest = $3))`,
      [account ?? nobody, digestOf(device ?? ''), digestOf(network), now - keptFor],
    );
    const kinds = rows.map(({ kind }) => kind);
    const hasDevice = device !== undefined && kinds.includes('device');
    return { device: hasDevice, network: kinds.includes('network') };
  }

  /** Remembers where somebody has just signed in, and forgets what was not used for long. */
  async remember(
    session: Session,
    account: string,
    { device, network }: { readonly device: string; readonly network: string },
    now: number,
  ): Promise<void> {
    await session.execute(
      `insert into people_known_places (account, kind, digest, seen_at)
       values ($1, 'device', $2, $4), ($1, 'network', $3, $4)
       on conflict (account, kind, digest) do update set seen_at = excluded.seen_at`,
      [account, digestOf(device), digestOf(network), now],
    );
    await session.execute(
      `delete from people_known_places where account = $1 and (kind, digest) not in
         (select kind, digest from
            (select kind, digest, row_number() over (partition by kind order by seen_at desc) as rank
             from people_known_places where account = $1) ranked where rank <= ${most})`,
      [account],
    );
  }

  /** Nothing is known any more: the password was replaced, and nobody says why. */
  async forget(session: Session, account: string): Promise<void> {
    await session.execute('delete from people_known_places where account = $1', [account]);
  }
}

/** The id of no account (RFC 9562 section 5.9). */
const nobody = '00000000-0000-0000-0000-000000000000';

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
