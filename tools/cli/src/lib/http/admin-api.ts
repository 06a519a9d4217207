/** The admin API (`<server>/admin/…`), as one client sees it. Knows no command and no output. */
import type { Json, JsonObject } from '@countersign/token';

import { CliError } from '../cli-error.js';
import type { Settings } from '../settings/settings.js';
import { listOf, objectOf, refusalOf } from './answers.js';
import { obtainToken } from './obtain-token.js';
import { send, type HttpAnswer } from './send.js';

/** A resource and the version of it that was read. */
export interface Versioned {
  readonly body: JsonObject;
  /** Strong entity tag (RFC 9110 section 8.8.3), to be sent back as `If-Match`. */
  readonly etag: string;
}

/** What a change must still find: this version, nothing at all, or whatever is there. */
export type Precondition = { readonly ifMatch: string } | 'absent' | undefined;

/** Parameters of a query; those undefined are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Entries asked for at once. */
const pageSize = 200;

/** Asks the admin API, with one token of the client's own that lives as long as the command. */
export class AdminApi {
  private token: Promise<string> | undefined;

  constructor(
    private readonly settings: Settings,
    /** What the token is asked to be worth; all that is granted, unless given. */
    private readonly scope?: 'admin:read' | 'admin:read admin:write',
  ) {}

  /** One resource. */
  async get(path: string, query: Query = {}): Promise<JsonObject> {
    return objectOf((await this.request('GET', path, { query })).json);
  }

  /** One resource with its version. Fails as unreachable if the server gives it none. */
  async read(path: string): Promise<Versioned> {
    const { json, headers } = await this.request('GET', path);
    const etag = headers.get('etag');
    if (etag === null) throw new CliError('unreachable', 'The answer carries no version (ETag).');
    return { body: objectOf(json), etag };
  }

  /** Every entry of a list, page by page; with `most`, no more than that. */
  async list(path: string, query: Query = {}, most = Infinity): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    let after: string | undefined;
    do {
      const limit = Math.min(pageSize, most - found.length);
      const page = await this.get(path, { ...query, limit, after });
      found.push(...listOf(page, 'items'));
      after = typeof page['next'] === 'string' ? page['next'] : undefined;
    } while (after !== undefined && found.length < most);
    return found;
  }

  /** Creates (`absent`) or replaces a resource. */
  async put(path: string, body: Json, precondition: Precondition): Promise<JsonObject> {
    return objectOf((await this.request('PUT', path, { body, precondition })).json);
  }

  /** Adds to a collection, or does something once. */
  async post(path: string, body: Json): Promise<JsonObject> {
    return objectOf((await this.request('POST', path, { body })).json);
  }

  /** Removes a resource. */
  async remove(path: string, precondition?: Precondition): Promise<void> {
    await this.request('DELETE', path, { precondition });
  }

  private async request(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    parts: { query?: Query; body?: Json; precondition?: Precondition } = {},
  ): Promise<HttpAnswer> {
    const { server, timeout } = this.settings;
    const answer = await send({
      method,
      url: `${server}/admin/${path}${queryOf(parts.query ?? {})}`,
      headers: {
        authorization: `Bearer ${await this.accessToken()}`,
        ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...preconditionHeader(parts.precondition),
      },
      ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
      timeout,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusalOf(answer);
  }

  private accessToken(): Promise<string> {
    this.token ??= obtainToken(this.settings, {
      audience: `${this.settings.issuer}/admin`,
      ...(this.scope === undefined ? {} : { scope: this.scope }),
    }).then(({ token }) => token);
    return this.token;
  }
}

/** A segment of a path: what an id holds cannot lead elsewhere. */
export function segment(text: string): string {
  // `.` and `..` survive percent-encoding as what they are: every URL parser resolves them.
  if (text === '' || text === '.' || text === '..') {
    throw new CliError('usage', 'A name must not be empty, "." or "..".');
  }
  return encodeURIComponent(text);
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  const texts = given.map(([name, value]): [string, string] => [name, String(value)]);
  return `?${new URLSearchParams(texts)}`;
}

function preconditionHeader(precondition: Precondition): Record<string, string> {
  if (precondition === undefined) return {};
  return precondition === 'absent'
    ? { 'if-none-match': '*' }
    : { 'if-match': precondition.ifMatch };
}
