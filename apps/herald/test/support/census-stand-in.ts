import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  AccessError,
  createTrustRegistry,
  extractToken,
  servicePeer,
  systemClock,
  toPrincipal,
  verifyToken,
  type Principal,
} from '@countersign/token';

/** A person as the stand-in knows it. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly team: string;
}

/** A Census of two teams that really verifies Herald's tokens, and can be told to misbehave. */
export interface CensusStandIn {
  readonly url: string;
  readonly people: Map<number, Person>;
  /** Whom it answered or refused, as the verified token names them. */
  readonly principals: Principal[];
  readonly requests: () => number;
  /** Another behaviour, until `behave()`. */
  behave(listener?: RequestListener): void;
  uri(id: number): string;
  close(): Promise<void>;
}

/** Under which it explains every refusal. */
export const decision = 'decision-of-census';

/** Starts it; `heraldJwks` is asked only when the first token arrives. */
export async function startCensus(
  heraldUrl: string,
  heraldJwks: () => string,
): Promise<CensusStandIn> {
  const people = new Map<number, Person>();
  const principals: Principal[] = [];
  let requests = 0;
  let behaviour: RequestListener | undefined;

  const answer: RequestListener = (request, response) => {
    requests += 1;
    if (behaviour) return behaviour(request, response);
    verified(request.headersDistinct)
      .then((principal) => show(request.url ?? '', principal, response))
      .catch((error: unknown) => {
        send(response, error instanceof AccessError ? error.status : 500, {});
      });
  };
  const verified = async (headers: NodeJS.Dict<string[]>): Promise<Principal> => {
    const trust = createTrustRegistry(
      [
        servicePeer('herald', {
          issuer: heraldUrl,
          jwks: heraldJwks(),
          carrier: 'JWT',
          mayAssert: ['users:read'],
          subjects: [`${url}user/`],
        }),
      ],
      {},
    );
    const presented = extractToken(headers, trust.carriers);
    const principal = toPrincipal(
      await verifyToken(presented, {
        trust,
        clock: systemClock,
        clockTolerance: 10,
        maxTokenBytes: 8192,
      }),
    );
    if (!principal.audience.includes(url)) throw new AccessError('AUDIENCE_MISMATCH');
    principals.push(principal);
    return principal;
  };
  const show = (path: string, principal: Principal, response: ServerResponse): void => {
    const person = people.get(Number(path.split('/')[2]));
    const viewer = people.get(Number(principal.subject?.uri.split('/').at(-2)));
    if (!viewer || (person && person.team !== viewer.team))
      return send(response, 403, { decision });
    if (!person) return send(response, 404, {});
    send(response, 200, { uri: url + path.slice(1), name: person.name, email: person.email });
  };

  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    people,
    principals,
    requests: () => requests,
    behave: (listener) => {
      behaviour = listener;
    },
    uri: (id) => `${url}user/${id}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
