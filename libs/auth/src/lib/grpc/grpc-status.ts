import { Metadata, status, type StatusObject } from '@grpc/grpc-js';

import type { MessageRefusedException } from '../guards/message-refused.exception.js';

/** Names of the trailing metadata that a refusal is answered with. @internal */
export const CODE = 'countersign-code';
export const DECISION = 'countersign-decision';
export const RETRY_AFTER = 'countersign-retry-after';

const statuses: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  413: status.RESOURCE_EXHAUSTED,
  415: status.INVALID_ARGUMENT,
  503: status.UNAVAILABLE,
};

/** A refusal as gRPC answers it: fixed text, code and decision id in the trailing metadata. @internal */
export function grpcStatusOf({ error, refusal }: MessageRefusedException): StatusObject {
  const metadata = new Metadata();
  metadata.set(CODE, refusal.code);
  metadata.set(DECISION, refusal.decision);
  if (refusal.retryAfter !== undefined) metadata.set(RETRY_AFTER, String(refusal.retryAfter));
  return { code: statuses[error.status] ?? status.UNKNOWN, details: refusal.message, metadata };
}
