/** One thing that is wrong with a fleet, and what would mend it. */
export interface Finding {
  readonly code:
    | 'scope-nobody-holds'
    | 'route-nobody-reaches'
    | 'grant-nobody-needs'
    | 'grant-nobody-uses'
    | 'scope-undefined'
    | 'call-cannot-succeed'
    | 'baseline-without-need';
  /** What it is about, in words that stay the same while the matter does: the baseline names it. */
  readonly about: string;
  readonly message: string;
  readonly fix: string;
}

/** What names a finding in a baseline. */
export const keyOf = ({ code, about }: Pick<Finding, 'code' | 'about'>): string =>
  `${code}: ${about}`;
