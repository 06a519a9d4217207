import type { DynamicModule } from '@nestjs/common';
import { CountersignDecisionsModule, type DecisionsOptions } from '@countersign/auth';

import type { BaseConfig } from '../config/base-config.js';

/**
 * The module that keeps and shows an app's decisions, as many as it is configured to keep; none where
 * that is 0.
 * @publicApi
 */
export function keptDecisions(
  { DECISIONS_KEPT: max }: Pick<BaseConfig, 'DECISIONS_KEPT'>,
  where: Omit<DecisionsOptions, 'keep'>,
): readonly DynamicModule[] {
  return max === 0 ? [] : [CountersignDecisionsModule.register({ ...where, keep: { max } })];
}
