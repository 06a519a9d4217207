import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { DecisionRecord, IssuerSkew } from '@countersign/token';

import { DecisionLog } from '../audit/decision-log.js';
import type { RingBounds, RingStatus } from './decision-ring.js';
import type { Finding, KeptDecisions } from './kept-decisions.js';

/** Where the bounds stand for injection. @internal */
export const RING_BOUNDS = Symbol('countersign:ring-bounds');

/** How many decisions an overview shows. */
const SHOWN = 50;

/** What a service remembers of its decisions, at a glance. @publicApi */
export interface DecisionsOverview {
  readonly service: string;
  /** About callers whose token held. */
  readonly known: RingStatus;
  /** About everybody else. */
  readonly strangers: RingStatus;
  /** Issuers whose clock is ahead of this service's, as signed tokens proved in the last ten minutes. */
  readonly skews: readonly IssuerSkew[];
  /** The latest, without what was looked at. */
  readonly latest: readonly Omit<DecisionRecord, 'trace'>[];
}

/** Has the decisions of this application kept, and finds them again. @internal */
@Injectable()
export class DecisionKeeping implements OnModuleInit {
  #log: DecisionLog | undefined;
  #kept: KeptDecisions | undefined;

  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(RING_BOUNDS) private readonly bounds: RingBounds,
  ) {}

  onModuleInit(): void {
    // The guard's own module is not global, and need not be: there is one.
    const log = this.moduleRef.get(DecisionLog, { strict: false });
    this.#log = log;
    this.#kept = log.keep(this.bounds);
  }

  find(decision: string): Finding {
    return this.#kept?.find(decision) ?? { is: 'unknown' };
  }

  overview(): DecisionsOverview {
    const { service, skews } = this.#log as DecisionLog;
    const kept = this.#kept as KeptDecisions;
    return { service, ...kept.status, skews, latest: kept.latest(SHOWN).map(withoutTrace) };
  }
}

function withoutTrace(record: DecisionRecord): Omit<DecisionRecord, 'trace'> {
  const members = Object.entries(record).filter(([name]) => name !== 'trace');
  return Object.fromEntries(members) as unknown as Omit<DecisionRecord, 'trace'>;
}
