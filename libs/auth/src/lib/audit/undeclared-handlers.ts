/** What becomes of handlers without a rule while an application moves here. Must not know requests. */
import { Inject, Injectable, Logger } from '@nestjs/common';

import { RESOLVED_OPTIONS } from '../constants.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { RouteRules } from '../guards/route-rules.js';
import { refuseInProduction } from '../refuse-in-production.js';
import { readBaseline, writtenBaseline } from './baseline-file.js';
import type { BootFinding } from './boot-audit.js';
import { formatTable } from './format-table.js';

/** A handler that declares no rule. @internal */
export interface UndeclaredHandler {
  readonly controller: object;
  readonly handler: object;
  /** `Controller.method`. */
  readonly name: string;
  /** As the table calls it. */
  readonly route: string;
}

/**
 * Refuses handlers without a rule, or has those of the baseline let through and says so: at the boot, and
 * by the guard for every call. The baseline is only ever read: what is not in it does not start.
 * @internal
 */
@Injectable()
export class UndeclaredHandlers {
  private readonly logger = new Logger('Countersign');
  private readonly met: UndeclaredHandler[] = [];
  private baseline: ReadonlySet<string> | undefined;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly rules: RouteRules,
  ) {}

  /**
   * Reads the baseline, where one is used.
   * @throws TypeError for one that cannot be used, and in production without the word for it.
   */
  open(): void {
    const { undeclared } = this.options;
    if (undeclared.mode === 'refuse') return;
    if (undeclared.mode === 'report')
      refuseInProduction(
        'undeclared',
        "not be 'report' where NODE_ENV is production; 'report-in-production' says that it is meant",
      );
    this.baseline = readBaseline(undeclared.file);
  }

  /** Has a handler let through; or says why it stops the boot. */
  meet(undeclared: UndeclaredHandler): string | undefined {
    const { mode } = this.options.undeclared;
    if (mode === 'refuse') return 'declares no rule';
    this.met.push(undeclared);
    if (this.baseline?.has(entryOf(undeclared)) !== true)
      return 'declares no rule, and is not in the baseline, which may only shrink';
    this.rules.letThrough(undeclared.controller, undeclared.handler);
    return undefined;
  }

  /** Entries of the baseline that nobody needs any more, where they stop the boot. */
  leftovers(): readonly BootFinding[] {
    return this.options.undeclared.strict ? this.stale().map(asFinding) : [];
  }

  /** What a first baseline would have to hold; undefined where there is one. */
  firstBaseline(): string | undefined {
    const isFirst = this.options.undeclared.mode !== 'refuse' && this.baseline === undefined;
    return isFirst ? writtenBaseline(this.met.map(entryOf)) : undefined;
  }

  /** Says loudly what is open, once the application may start. */
  report(): void {
    if (this.options.undeclared.mode === 'refuse') return;
    this.logger.warn({
      event: 'undeclared.report',
      handlers: this.met.length,
      then: 'they are open to everybody, and every call to them is reported',
    });
    if (this.met.length > 0)
      this.logger.warn(
        formatTable(this.met.map(({ name: handler, route }) => ({ handler, route }))),
      );
    const stale = this.stale();
    if (stale.length > 0)
      this.logger.warn({
        event: 'undeclared.stale',
        entries: stale,
        then: 'these have a rule now, or are gone: take them out of the baseline',
      });
  }

  private stale(): readonly string[] {
    const needed = new Set(this.met.map(entryOf));
    return [...(this.baseline ?? [])].filter((entry) => !needed.has(entry));
  }
}

function entryOf({ name, route }: UndeclaredHandler): string {
  return `${name} ${route}`;
}

function asFinding(entry: string): BootFinding {
  const [handler = '', ...route] = entry.split(' ');
  const problem = 'is in the baseline, but has a rule now, or is gone: take it out';
  return { handler, route: route.join(' '), problem };
}
