import { checkOption } from '@countersign/token';

import { refuseInProduction } from './refuse-in-production.js';

/** How much is said of decisions, and to whom. @internal */
export interface TellingOptions {
  readonly decisions?: 'refused' | 'all';
  readonly explain?: 'by-id' | 'in-response';
}

/** @throws TypeError naming the option that is wrong, or that production does not allow. @internal */
export function resolveTelling({
  decisions = 'refused',
  explain = 'by-id',
}: TellingOptions): Required<TellingOptions> {
  checkOption(['refused', 'all'].includes(decisions), 'decisions', "be 'refused' or 'all'");
  checkOption(['by-id', 'in-response'].includes(explain), 'explain', "be 'by-id' or 'in-response'");
  if (explain === 'in-response')
    refuseInProduction('explain', "not be 'in-response' where NODE_ENV is production");
  return { decisions, explain };
}
