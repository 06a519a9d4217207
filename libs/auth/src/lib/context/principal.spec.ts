import type { Principal } from '@countersign/token';

import { principalOf, setPrincipal } from './principal.js';

const principal = { caller: { issuer: 'https://auth.example', id: 'herald' } } as Principal;

describe('principalOf', () => {
  it('tells what the guard wrote', () => {
    const request = {};
    setPrincipal(request, principal);
    expect(principalOf(request)).toBe(principal);
  });

  it('takes nobody for a principal whom somebody else wrote on the request', () => {
    expect(principalOf({ principal, user: principal, [Symbol('principal')]: principal })).toBe(
      undefined,
    );
  });
});
