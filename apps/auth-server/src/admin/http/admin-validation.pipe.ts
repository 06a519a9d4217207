import {
  Injectable,
  StandardSchemaValidationPipe,
  UnsupportedMediaTypeException,
  type ArgumentMetadata,
} from '@nestjs/common';
import { ProblemException, wrongMembers, type WrongMember } from '@countersign/runtime';

/**
 * Holds parameters against their schemas. Refuses with a problem (400) that names every wrong
 * member and repeats no value, and (415) a body that is no JSON.
 */
@Injectable()
export class AdminValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => invalidMembers(wrongMembers(issues)) });
  }

  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    // Bytes are what the parser of forms hands on.
    if (metadata.type === 'body' && Buffer.isBuffer(value))
      throw new UnsupportedMediaTypeException();
    return super.transform(value, metadata);
  }
}

/** The problem (400) of a request of which these members are missing or wrong. */
export function invalidMembers(errors: readonly WrongMember[]): ProblemException {
  return new ProblemException(400, {
    code: 'REQUEST_INVALID',
    detail: 'The request has members that are missing or wrong',
    members: { errors },
  });
}
