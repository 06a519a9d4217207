import { wrongMembers, type SchemaIssue } from './invalid-body.js';
import { ProblemException } from './problem.exception.js';

/**
 * 400 `QUERY_INVALID` for a query that breaks its schema, naming each wrong parameter by `pointer`
 * (`/limit`; 16 at most); made for `StandardSchemaValidationPipe({ exceptionFactory: invalidQuery })`.
 * @publicApi
 */
export function invalidQuery(issues: readonly SchemaIssue[]): ProblemException {
  return new ProblemException(400, {
    code: 'QUERY_INVALID',
    detail: 'The query of the address is wrong',
    members: { errors: wrongMembers(issues) },
  });
}
