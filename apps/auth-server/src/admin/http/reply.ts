import { entityTag } from './preconditions.js';

/** What the admin API needs of a Fastify reply. */
export interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
}

/** Sends a resource with the version of it as its entity tag; 201 if it was just made. */
export function withVersion<Body extends object>(
  reply: Reply,
  { body, version }: { readonly body: Body; readonly version: number },
  isNew = false,
): Body {
  reply.header('etag', entityTag(version));
  if (isNew) reply.code(201);
  return body;
}
