import { Get, Inject, Query } from '@nestjs/common';
import { Scopes } from '@countersign/auth';
import { z } from 'zod';

import type { AuditRecord } from '../../audit/audit-event.js';
import { AuditStore } from '../../audit/audit-store.js';
import { AdminController } from '../admin-controller.decorator.js';
import { pageQuery, type Page } from '../http/paging.js';

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-31T12:00:00Z' })
  .optional();
const text = z.string().min(1).max(1024).optional();

/** All that is given must match exactly; there are no wildcards. */
const auditQuery = pageQuery.extend({
  from: instant.describe('From then on.'),
  to: instant.describe('Before then.'),
  client: text,
  subject: text,
  code: text,
  event: text,
});

/** `/admin/audit`: what happened, newest first. */
@AdminController('audit')
export class AuditController {
  constructor(@Inject(AuditStore) private readonly audit: AuditStore) {}

  /** Events that match, newest first. They arrive up to a moment after they happened. */
  @Get()
  @Scopes('admin:read')
  async find(
    @Query({ schema: auditQuery }) { from, to, ...query }: z.output<typeof auditQuery>,
  ): Promise<Page<object>> {
    const { events, next } = await this.audit.find({
      ...query,
      from: secondsOf(from),
      to: secondsOf(to),
    });
    return { items: events.map(shown), next: next ?? null };
  }
}

function secondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

function shown({ at, ...event }: AuditRecord): object {
  return { at: new Date(at * 1000).toISOString(), ...event };
}
