import { authShareOf } from './auth-share.js';

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});

describe('authShareOf', () => {
  it('counts a sample for the innermost function that tells, and idling not at all', () => {
    const profile = {
      nodes: [
        node(1, '(root)', '', [2, 3]),
        node(2, '(idle)', ''),
        node(3, 'handle', 'file:///w/node_modules/fastify/x.js', [4, 6]),
        node(4, 'canActivate', 'file:///w/libs/auth/dist/lib/guards/g.js', [5]),
        node(5, 'verify', 'node:internal/crypto/sig'),
        node(6, 'create', 'file:///w/apps/herald/dist/x.js', [7]),
        node(7, 'signJwt', 'file:///w/libs/token/dist/lib/issue/sign-jwt.js', [8]),
        node(8, 'sign', 'node:internal/crypto/sig'),
      ],
      samples: [2, 5, 8, 6, 4],
      timeDeltas: [1000, 20, 30, 40, 10],
    };
    expect(authShareOf(JSON.stringify(profile))).toEqual({ guard: 0.3, outbound: 0.3 });
  });
});
