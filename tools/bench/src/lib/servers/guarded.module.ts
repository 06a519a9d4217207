import { generateKeyPairSync } from 'node:crypto';

import { Controller, Get, Module, type Type } from '@nestjs/common';
import { Audience, CountersignModule, Scopes, type CountersignOptions } from '@countersign/auth';
import { authorizationServer, type TrustEntry } from '@countersign/token';

/** The route, with the rule that a service would give it. */
@Controller('thing')
@Audience('things')
export class GuardedController {
  @Get()
  @Scopes('things:read')
  one() {
    return { ok: true };
  }
}

/** The service, guarded by Countersign. */
export function guardedModule(
  audience: string,
  trust: readonly TrustEntry[],
  tokenCache: CountersignOptions['tokenCache'],
): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'things',
        audiences: { things: audience },
        trust,
        ...(tokenCache && { tokenCache }),
      }),
    ],
    controllers: [GuardedController],
  })
  class GuardedModule {}
  return GuardedModule;
}

/** Other issuers to trust, with ten keys each. */
export function manyIssuers(count: number): TrustEntry[] {
  return Array.from({ length: count }, (_, n) =>
    authorizationServer(`https://issuer-${n}.example`, {
      name: `issuer-${n}`,
      jwks: Array.from({ length: 10 }, (__, key) => aKey(`${n}-${key}`)),
      revocation: 'off',
    }),
  );
}

function aKey(kid: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}
