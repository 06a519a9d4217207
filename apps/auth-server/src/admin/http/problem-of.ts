import { ProblemException, wrongMembers } from '@countersign/runtime';

import { AuditQueryError } from '../../audit/audit-query.js';
import {
  RegistryConflict,
  RegistryInvalid,
  type ConflictReason,
} from '../../registry/registry-errors.js';
import { invalidMembers } from './admin-validation.pipe.js';

const codes: Readonly<Record<ConflictReason, string>> = {
  changed: 'CHANGED_MEANWHILE',
  exists: 'EXISTS_ALREADY',
  missing: 'NOT_THERE',
  'in-use': 'IN_USE',
  'built-in': 'BUILT_IN',
  'last-admin': 'LAST_ADMINISTRATOR',
  'too-many': 'TOO_MANY',
};

/** The problem that a refusal of the registry or the audit log is; anything else stays itself. */
export function problemOf(error: unknown): unknown {
  if (error instanceof RegistryInvalid) {
    return invalidMembers(wrongMembers(error.problems));
  }
  if (error instanceof RegistryConflict) {
    const { reason, status, message: detail } = error;
    return new ProblemException(status, { code: codes[reason], detail });
  }
  if (error instanceof AuditQueryError) {
    const [member = '', detail = ''] = error.message.split(/: (.*)/s);
    return invalidMembers([{ pointer: `/${member}`, detail }]);
  }
  return error;
}
