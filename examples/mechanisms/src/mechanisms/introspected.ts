import { randomBytes } from 'node:crypto';

import { clientSecretBasic, introspectionServer } from '@countersign/token';

import { parts, type Mechanism } from '../mechanism.js';
import { createReceiver } from '../receiver.js';
import type { OtherProcess } from '../other-process.js';
import { bearer } from './self-signed.js';

/** A token that means nothing to anybody but the server, which is asked about it (RFC 7662). */
export async function introspectedToken({
  introspectionUrl,
  issue,
}: OtherProcess): Promise<Mechanism> {
  const trust = introspectionServer('auth-server', {
    issuer: parts.authServer,
    endpoint: introspectionUrl,
    networks: ['127.0.0.0/8'],
    client: clientSecretBasic('census', randomBytes(32).toString('base64url')),
    mayAssert: [parts.scope],
    callers: { herald: 'herald' },
  });
  return {
    name: 'Opaque token, introspected',
    issuer: 'elsewhere',
    caller: async () => {
      const token = await issue();
      return { call: () => bearer(token) };
    },
    receive: createReceiver({ trust }),
    forge: async () => bearer(randomBytes(32).toString('base64url')),
    refusal: 'TOKEN_INACTIVE',
    forger: 'nobody; who breaks into the server issues at will',
    stolen: 'every receiver that it is meant for, until it is revoked or ends',
    ended: 'at the server; known when its last answer is 30 s old',
    choose: 'a server that issues nothing else; rights that must end at once',
  };
}
