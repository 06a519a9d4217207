import { ProblemException } from '@countersign/runtime';

const problems = {
  value: { status: 422, detail: 'This is nothing that could be revoked' },
  capacity: { status: 503, detail: 'Too much is revoked: revoke the client, subject or key' },
} as const;

/** A revocation that was not made: nothing that could be revoked, or no room for it. */
export class RevocationRefused extends ProblemException {
  override readonly name = 'RevocationRefused';

  constructor(readonly why: keyof typeof problems) {
    const { status, detail } = problems[why];
    super(status, {
      code: 'REVOCATION_REFUSED',
      detail,
      ...(status === 503 ? { retryAfter: 60 } : {}),
    });
  }
}
