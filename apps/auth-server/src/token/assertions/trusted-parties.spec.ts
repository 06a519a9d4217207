import { generateSigningKey, systemClock } from '@countersign/token';

import type { Issuer } from '../../registry/registry.js';
import { PartyKeys } from './party-keys.js';
import { TrustedParties } from './trusted-parties.js';

const typesOf = (party: { readonly profile: { readonly types: readonly unknown[] } } | undefined) =>
  party?.profile.types;

describe('TrustedParties', () => {
  let login: Issuer;
  const parties = () =>
    new TrustedParties(new PartyKeys(() => fetch, systemClock), { isRevoked: () => false });

  beforeAll(async () => {
    const { publicJwk } = await generateSigningKey('ES256');
    login = {
      name: 'login',
      kind: 'users',
      issuer: 'https://login.example',
      keys: { jwks: [publicJwk] },
      algorithms: ['ES256'],
      maxLifetime: 300,
      subjects: ['https://census.example/user/'],
      scopes: [],
      networks: [],
      ca: undefined,
      version: 1,
    };
  });

  const uses = {
    'an access token': (of: TrustedParties) => typesOf(of.people(login, true)),
    "a person's JWT": (of: TrustedParties) => typesOf(of.people(login, false)),
    'a statement': (of: TrustedParties) => typesOf(of.statements(login)),
  };

  it.each(Object.entries(uses))('takes %s for nothing else, whatever came before', (name, use) => {
    const alone = use(parties());
    for (const [other, before] of Object.entries(uses)) {
      if (other === name) continue;
      const one = parties();
      expect(before(one)).not.toEqual(alone);
      expect(use(one)).toEqual(alone);
    }
  });
});
