/** What `/openapi.json` says of each operation, beyond what the code says itself. */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { answers, consumes, refuses } from '@countersign/runtime/openapi';

import { replacement, userPage, userView } from './user-documents.js';

const etag = { ETag: 'Version of the user, for If-Match and If-None-Match.' };
const guarded = {
  401: 'No token, or one that is not believed.',
  403: 'A scope is missing, or the subject may not.',
};
const missing = { 404: 'No such user; said only to those who may see everybody.' };
const conditional = {
  ...missing,
  412: 'If-Match does not hold: the user was changed.',
  428: 'If-Match is missing.',
};
const written = {
  409: 'Another user has the address.',
  415: 'The body is of another media type.',
  422: 'Members are wrong; `errors` names each.',
};
const guessed = { 429: 'Too many users asked for that do not exist or may not be seen.' };

const ifMatch = ApiHeader({
  name: 'If-Match',
  required: true,
  description: 'The ETag of the user as read.',
});
const shown = answers(200, { description: 'The user.', body: userView, headers: etag });
const summary = (text: string): MethodDecorator => ApiOperation({ summary: text });

/** Decorators for the handlers of `UsersController`. */
export const describes = {
  list: applyDecorators(
    summary('List the users whom the asker sees'),
    ApiQuery({ name: 'limit', required: false, description: 'Users on a page; 100 at most.' }),
    ApiQuery({ name: 'cursor', required: false, description: 'From `next` of the page before.' }),
    answers(200, {
      description: 'A page, by number.',
      body: userPage,
      headers: { Link: 'rel="next": where the next page is.' },
    }),
    refuses({ 400: 'The query is wrong.', ...guarded }),
  ),
  one: applyDecorators(
    summary('Read a user'),
    shown,
    answers(304, { description: 'The asker has this version already.', headers: etag }),
    refuses({ ...guarded, ...missing, ...guessed }),
  ),
  create: applyDecorators(
    summary('Create a user'),
    answers(201, {
      description: 'The user, under a new URI.',
      body: userView,
      headers: { ...etag, Location: 'The URI of the user.' },
    }),
    refuses({ ...guarded, ...written }),
  ),
  replace: applyDecorators(
    summary('Replace a user'),
    ifMatch,
    shown,
    refuses({ ...guarded, ...conditional, ...written, ...guessed }),
  ),
  patch: applyDecorators(
    summary('Change a user by a JSON merge patch (RFC 7396)'),
    ifMatch,
    consumes('application/merge-patch+json', replacement.partial()),
    shown,
    refuses({ ...guarded, ...conditional, ...written, ...guessed }),
  ),
  remove: applyDecorators(
    summary('Delete a user'),
    ifMatch,
    answers(204, { description: 'The user is gone.' }),
    refuses({ ...guarded, ...conditional }),
  ),
} as const;
