import { ProblemException } from '@countersign/runtime';
import { z } from 'zod';

import type { RevocationPosition } from '../live-revocations.js';

const query = z.object({
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  epoch: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
});

const eventId = /^([\w-]{1,64}):(\d{1,15})$/;

/**
 * Where a follower stands: by `Last-Event-ID` when it comes back to a stream, otherwise by the query
 * `?after=<version>&epoch=<id>`; at the beginning when neither says so. Refuses (400) a query that
 * is malformed; an event id is another's when it is none of ours, and starts over.
 */
export function followerPosition(
  parameters: unknown,
  lastEventId: string | string[] | undefined,
): RevocationPosition {
  if (lastEventId !== undefined) {
    const [, epoch = '', version = '0'] = eventId.exec(String(lastEventId)) ?? [];
    return { epoch, version: Number(version) };
  }
  const result = query.safeParse(parameters);
  if (!result.success) {
    throw new ProblemException(400, { detail: 'after must be a version, and epoch an epoch' });
  }
  const { after = '0', epoch = '' } = result.data;
  return { epoch, version: Number(after) };
}
