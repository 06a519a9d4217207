/** A compact JWS or JWE, whole or cut: two parts suffice. */
const token = /eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*/g;

/** A client secret of ours: prefix, client id, 43 random characters and a checksum of 6. */
const secret = /cs_[A-Za-z0-9._~-]{1,128}_[A-Za-z0-9_-]{49}/g;

/**
 * Cuts out of a JSON text what looks like a token or a client secret. No member of an event is meant
 * to hold one: this is for the value that a caller put where an id belongs.
 */
export function withoutSecrets(json: string): string {
  return json.replace(token, '[token]').replace(secret, '[secret]');
}
