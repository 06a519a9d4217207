import fc from 'fast-check';

import { createAuthenticator } from '../cache/create-authenticator.js';
import { clientSecretBasic } from '../client/client-authentication.js';
import type { AccessError } from '../errors.js';
import { createTrustRegistry } from '../trust/create-trust-registry.js';
import { introspectionServer } from './introspection-server.js';
import { looksSigned } from './looks-signed.js';

const issuer = 'https://legacy.example';
const census = 'https://census.example/';

type Step = { readonly wait: number } | { readonly active: boolean } | { readonly isUp: boolean };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 20 }) }) },
    fc.record({ active: fc.boolean() }),
    fc.record({ isUp: fc.boolean() }),
  ),
  { maxLength: 30 },
);

describe('introspection', () => {
  it('never answers by what the server did not say within the documented age', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        let now = 1_800_000_000;
        const clock = { now: () => now, monotonic: () => now * 1000 };
        const server = { active: true, isUp: true };
        const exp = now + 150;
        // When the server last was in a state in which it would have said yes, or no.
        const said = { yes: now, no: -Infinity };
        const remember = (): void => {
          if (server.active) said.yes = now;
          else said.no = now;
        };
        const ask = (async () =>
          server.isUp
            ? Response.json(
                server.active
                  ? { active: true, sub: 'a', client_id: 'a', aud: census, exp }
                  : { active: false },
              )
            : new Response('', { status: 500 })) as typeof fetch;
        const entry = introspectionServer('legacy', {
          issuer,
          endpoint: `${issuer}/introspect`,
          client: clientSecretBasic('census', 'sesame'),
          mayAssert: [],
        });
        const trust = createTrustRegistry([entry], { clock, fetch: ask });
        const who = createAuthenticator({ trust, clock, clockTolerance: 10, maxTokenBytes: 8192 });
        const decide = async (): Promise<string> => {
          try {
            const presented = { token: 'opaque', carrier: 'Bearer' as const };
            if (who.recall(presented) === undefined) await who.authenticate(presented);
            return 'accepted';
          } catch (error) {
            return (error as AccessError).code;
          }
        };
        for (const step of all as readonly Step[]) {
          if ('wait' in step) now += step.wait;
          else Object.assign(server, step);
          remember();
          const code = await decide();
          if (code === 'accepted') expect(now - said.yes).toBeLessThan(30);
          if (code === 'accepted') expect(now).toBeLessThan(exp + 10);
          if (code === 'TOKEN_INACTIVE') expect(now - said.no).toBeLessThan(5);
          if (code === 'TOKEN_EXPIRED') expect(now).toBeGreaterThanOrEqual(exp + 10);
          expect([
            'accepted',
            'TOKEN_INACTIVE',
            'TOKEN_EXPIRED',
            'INTROSPECTION_UNAVAILABLE',
          ]).toContain(code);
        }
      }),
    );
  });

  it('takes whatever begins like the header of a JWT for one', () => {
    const header = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(header, fc.string(), fc.integer({ min: 0, max: 3 }), (members, rest, blanks) => {
        const text = ' '.repeat(blanks) + JSON.stringify(members);
        for (const encoding of ['base64url', 'base64'] as const)
          expect(looksSigned(`${Buffer.from(text).toString(encoding)}.${rest}`)).toBe(true);
      }),
    );
  });

  it.each(['', '.', 'abc', 'ya29.a0AfH6SMB', 'e30', 'W10.W10.x', 'a.b.c'])(
    'takes %j for no JWT',
    (token) => {
      expect(looksSigned(token)).toBe(false);
    },
  );
});
