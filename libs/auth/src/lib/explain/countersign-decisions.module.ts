import { Module, type DynamicModule } from '@nestjs/common';
import { checkOption, isScopeToken, refuseUnknownOptions } from '@countersign/token';

import { DecisionKeeping, RING_BOUNDS } from './decision-keeping.js';
import type { RingBounds } from './decision-ring.js';
import { decisionsController } from './decisions.controller.js';

/** Who may read the decisions of a service, where, and how many are kept. @publicApi */
export interface DecisionsOptions {
  /** The service's own name of the audience that a token to read them must be meant for. */
  readonly audience: string;
  /** The scope it must hold: `admin:read` unless told. */
  readonly scope?: string;
  /** Where they are read: `countersign/decisions` unless told. */
  readonly path?: string;
  /** Most decisions and most bytes of them: 1,000 and 4 MiB unless told. */
  readonly keep?: RingBounds;
}

const PATH = /^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/;

/**
 * Keeps the latest decisions of this process in memory, with all that was looked at, and lets who
 * holds a scope read them: `GET countersign/decisions` tells how much is kept and the latest, `GET
 * countersign/decisions/<id>` one in full. Import it once, beside `CountersignModule`; without it
 * nothing is kept.
 *
 * Refusals are kept always, grants where the options of `CountersignModule` say `decisions: 'all'`;
 * half of the room is for callers whose token held, half for strangers. Answers 404 for an id that this
 * process did not make, and 410 for one from before what is kept: replicas keep their own.
 *
 * @example
 * CountersignDecisionsModule.register({ audience: 'census' })
 * @throws TypeError naming the option that is wrong.
 * @publicApi
 */
@Module({})
export class CountersignDecisionsModule {
  static register(options: DecisionsOptions): DynamicModule {
    const { audience, scope = 'admin:read', path = 'countersign/decisions', keep = {} } = options;
    refuseUnknownOptions(options, { audience: true, scope: true, path: true, keep: true });
    checkOption(typeof audience === 'string' && audience !== '', 'audience', 'name an audience');
    checkOption(isScopeToken(scope), 'scope', 'be one scope, such as admin:read');
    checkOption(PATH.test(path), 'path', 'be segments of a path, such as countersign/decisions');
    return {
      module: CountersignDecisionsModule,
      controllers: [decisionsController(path, audience, scope)],
      providers: [DecisionKeeping, { provide: RING_BOUNDS, useValue: keep }],
    };
  }
}
