import { createTestKey, type TokenBuilder } from '@countersign/testing';
import type { AccessErrorCode } from '@countersign/token';

import type { Speaker } from './test-trust.js';

/** What is wrong with a token that is good but for this. @publicApi */
export type Tampering =
  'audience' | 'issuer' | 'signature' | 'type' | 'expired' | 'not-yet-valid' | 'lifetime';

interface Row {
  readonly code: AccessErrorCode;
  readonly change: (token: TokenBuilder, speaker: Speaker) => TokenBuilder;
}

/** Every tampering, with the code that has to refuse it. @internal */
export const tamperings: Readonly<Record<Tampering, Row>> = {
  audience: {
    code: 'AUDIENCE_MISMATCH',
    change: (token) => token.to('https://another-audience.example/'),
  },
  issuer: {
    code: 'ISSUER_UNTRUSTED',
    change: (token) => token.claim('iss', 'https://nobody-trusts.example/'),
  },
  signature: {
    code: 'SIGNATURE_INVALID',
    change: (token, { issuer }) => token.signedBy(createTestKey(issuer.algorithm, issuer.key.kid)),
  },
  type: { code: 'TYPE_MISMATCH', change: (token) => token.header('typ', 'another+jwt') },
  expired: { code: 'TOKEN_EXPIRED', change: (token) => token.expired() },
  'not-yet-valid': {
    code: 'TOKEN_NOT_YET_VALID',
    change: (token, { issuer }) => token.issuedAt(Math.floor(issuer.clock.now()) + 3600),
  },
  lifetime: {
    code: 'LIFETIME_TOO_LONG',
    change: (token, { entry }) => token.lifetime(`${entry.maxLifetime + 1}s`),
  },
};
