import type { Mechanism } from '../mechanism.js';
import type { OtherProcess } from '../other-process.js';
import { introspectedToken } from './introspected.js';
import { accessToken, certificateToken, dpopToken, encryptedToken } from './issued.js';
import { hs256, keyPair, requestBound } from './self-signed.js';

/** All of them, in the order of the tables. */
export function everyMechanism(other: OtherProcess): Promise<readonly Mechanism[]> {
  return Promise.all([
    hs256(),
    keyPair('RS256'),
    keyPair('PS256'),
    keyPair('ES256'),
    keyPair('EdDSA'),
    requestBound(),
    accessToken(),
    encryptedToken(),
    dpopToken(),
    certificateToken(),
    introspectedToken(other),
  ]);
}
