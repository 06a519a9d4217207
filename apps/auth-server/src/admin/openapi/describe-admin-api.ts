import type { Type } from '@nestjs/common';
import { describeApi, type ApiParts } from '@countersign/runtime/openapi';

/** What the description is made from. */
export interface AdminApiParts extends ApiParts {
  readonly issuer: string;
  /** Whose controllers are the API. */
  readonly module: Type;
}

interface Operation {
  readonly security?: readonly object[];
  readonly responses: Record<string, object>;
  tags?: string[];
}

/**
 * Describes the admin API (OpenAPI 3.1) from what its code says: schemas from the controllers, the
 * scopes of each operation from the rules that the guard obeys.
 */
export function describeAdminApi({ issuer, module, ...parts }: AdminApiParts): object {
  const document = describeApi(parts, {
    title: 'Countersign administration',
    description: 'Who may have which token, and what was done with it.',
    publicUrl: `${issuer}/`,
    schemes: {
      countersign: {
        kind: { issuer },
        description: `Access tokens of this server for the audience ${issuer}/admin.`,
        scopes: { 'admin:read': 'look at everything', 'admin:write': 'change everything' },
      },
    },
    slashed: [],
    include: [module],
  });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      operation.tags = [path.split('/')[2] ?? 'admin'];
      Object.assign(operation.responses, refusalsOf(method, operation));
    }
  }
  return document;
}

const refusal = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** What every operation of this kind may refuse with. */
function refusalsOf(method: string, { security = [] }: Operation): Record<string, object> {
  return {
    400: refusal('A member of the request is missing or wrong; each is named.'),
    ...(security.length > 0 && {
      401: refusal('No token, or none of this server for its administration.'),
      403: refusal('The token lacks a scope.'),
    }),
    ...(method !== 'get' && {
      409: refusal('It does not fit what is there, or would lock somebody out.'),
    }),
    ...(['put', 'delete'].includes(method) && {
      412: refusal('Somebody changed it since it was read.'),
      428: refusal('Neither `If-Match` nor `If-None-Match` says what was seen.'),
    }),
    default: refusal('Refused; see its `code`.'),
  };
}
