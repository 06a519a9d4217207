import type { AccessErrorCode } from '../errors.js';
import type { TraceStep } from '../trace.js';
import type { Json, Principal } from '../types.js';
import type { PolicyRequirement } from './access-rule.js';

/** What a policy answered: allowed, or refused with the policy's own reason. @publicApi */
export interface PolicyOutcome {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Everything a decision may look at. @publicApi */
export interface Evidence {
  readonly principal: Principal;
  /** The service's audiences: name in rules -> URI in tokens. */
  readonly audiences: Readonly<Record<string, string>>;
  /** Outcomes of policies already evaluated, by `policyKey(requirement)`. */
  readonly policies?: ReadonlyMap<string, PolicyOutcome>;
}

/**
 * What a rule says of some evidence. `pending` names the policies that have to be evaluated before
 * it can be decided: everything cheaper has already passed.
 * @publicApi
 */
export type Decision =
  | { readonly outcome: 'allowed'; readonly trace: readonly TraceStep[] }
  | {
      readonly outcome: 'pending';
      readonly trace: readonly TraceStep[];
      readonly policies: readonly PolicyRequirement[];
    }
  | {
      readonly outcome: 'refused';
      readonly trace: readonly TraceStep[];
      readonly code: AccessErrorCode;
      /** The check that refused, in the words of the trace. */
      readonly check: string;
      readonly expected?: Json;
      readonly got?: Json;
    };
