import type { ServerResponse } from 'node:http';

/** Answers with a body: text as it stands, anything else as JSON. @internal */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: object = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answers with what is good but for these members; one that is undefined is left out. @internal */
export const but =
  (members: object) =>
  (response: ServerResponse, good: object): void =>
    json(response, { ...good, ...members });
