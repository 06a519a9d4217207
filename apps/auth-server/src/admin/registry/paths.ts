import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a name (a-z, 0-9, -)');
const clientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/, 'must be a client id (letters, digits, . _ ~ -)');

/** `:name` of a service or an issuer. */
export const namePath = z.strictObject({ name });
/** `:id` of a client. */
export const clientPath = z.strictObject({ id: clientId });
/** A secret of a client, by its id or its label. */
export const secretPath = z.strictObject({ id: clientId, secret: z.string().min(1).max(64) });
/** What a client was granted at a service. */
export const grantPath = z.strictObject({ id: clientId, service: name });
/** An on-behalf-of edge of a client. */
export const edgePath = z.strictObject({ id: clientId, source: name, target: name });

/** A name in a path. */
export type NamePath = z.output<typeof namePath>;
/** A client in a path. */
export type ClientPath = z.output<typeof clientPath>;
/** A secret in a path. */
export type SecretPath = z.output<typeof secretPath>;
/** A grant in a path. */
export type GrantPath = z.output<typeof grantPath>;
/** An edge in a path. */
export type EdgePath = z.output<typeof edgePath>;
