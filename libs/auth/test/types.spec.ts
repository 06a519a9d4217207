import {
  Audience,
  CountersignModule,
  OnBehalfOf,
  Public,
  Scopes,
  deny,
  type AccessPolicy,
  type AccessRequest,
} from '../src/index.js';

class ById implements AccessPolicy<{ param: string }> {
  evaluate(_request: AccessRequest, { param }: { param: string }) {
    return deny(param);
  }
}

/** Each of these must not compile; `tsc` fails on an expectation that is not met. */
const mistakes = {
  // @ts-expect-error trust is required
  withoutTrust: () => CountersignModule.forRoot({ service: 'a', audiences: {} }),
  misspelt: () =>
    // @ts-expect-error clockTolerence is not an option
    CountersignModule.forRoot({ service: 'a', audiences: {}, trust: [], clockTolerence: '10s' }),
  // @ts-expect-error a reason is required
  openWithoutReason: () => Public({}),
  // @ts-expect-error the policy needs its options
  policyWithoutOptions: () => OnBehalfOf(ById),
  // @ts-expect-error the policy has another option
  policyWithWrongOptions: () => OnBehalfOf(ById, { parameter: 'id' }),
  // @ts-expect-error scopes are strings
  numericScope: () => Scopes(1),
  // @ts-expect-error one audience
  twoAudiences: () => Audience('a', 'b'),
};

describe('the types', () => {
  it('refuse common mistakes, each of them named above', () => {
    expect(Object.keys(mistakes)).toHaveLength(7);
  });
});
