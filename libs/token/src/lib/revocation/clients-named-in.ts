import type { Json, JsonObject } from '../types.js';

/**
 * The clients of its issuer that had a hand in a token: the one it was issued to, and whoever acted
 * before (`act`, RFC 8693 section 4.1). When one of them is revoked, so is the token. Actors whom
 * another issuer names are none of its clients.
 * @publicApi
 */
export function clientsNamedIn(claims: JsonObject): readonly string[] {
  const clients = [String(claims['client_id'])];
  let act: Json | undefined = claims['act'];
  while (typeof act === 'object' && act !== null && !Array.isArray(act)) {
    const { sub, iss, act: earlier } = act as JsonObject;
    if (iss === undefined || iss === claims['iss']) clients.push(String(sub));
    act = earlier;
  }
  return clients;
}
