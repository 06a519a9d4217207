import type { AuditEvent } from '../audit/audit-event.js';
import { TooManyRequests } from './limits/too-many-requests.js';
import { TokenError } from './token-error.js';

/**
 * What the audit log keeps of an endpoint's refusal; nothing of what is no refusal, nor of limits that
 * were told of already.
 */
export function refusalForAudit(
  error: unknown,
): Pick<AuditEvent, 'code' | 'client' | 'detail'> | undefined {
  if (!(error instanceof TokenError)) return undefined;
  if (error instanceof TooManyRequests && !error.isNotable) return undefined;
  const { code, client, message: reason } = error;
  return { code, client, detail: { reason } };
}
