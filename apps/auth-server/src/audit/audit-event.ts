import type { JsonObject } from '@countersign/token';

/**
 * Something that happened, as the audit log keeps it: who, for whom, towards which audience, and
 * what was decided. There is no member for a token or a secret: a credential is named, never shown.
 */
export interface AuditEvent {
  /** Seconds since the epoch, with fractions. */
  readonly at: number;
  /** `token.issued`, `token.refused`, `registry.changed`, `keys.rotated`, … */
  readonly event: string;
  /** The client id; of a client nobody knows only its `briefId`. */
  readonly client?: string | undefined;
  /** The user a token is about, by its URI. */
  readonly subject?: string | undefined;
  readonly audience?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** The error code of a refusal. */
  readonly code?: string | undefined;
  /** The key that signed, or that this is about. */
  readonly kid?: string | undefined;
  readonly jti?: string | undefined;
  readonly grantType?: string | undefined;
  /** How the client authenticated. */
  readonly method?: string | undefined;
  /** Which credential it used: the id of a secret, a `kid`, an identity. */
  readonly credential?: string | undefined;
  /** The network address of the caller. */
  readonly address?: string | undefined;
  /** Who changed something: the caller of an administrative request, or the server itself. */
  readonly actor?: string | undefined;
  /** What else is worth knowing; small, and free of secrets like the rest. */
  readonly detail?: JsonObject | undefined;
}

/** An event as it is kept. */
export interface AuditRecord extends AuditEvent {
  /** UUIDv7 (RFC 9562); sorts by time. */
  readonly id: string;
}
