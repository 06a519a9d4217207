import { send, type Answer } from '@countersign/fleet';

import { askToken, type Credentials } from './ask-token.js';

/** What an administrator does at one replica or another. */
export interface Administration {
  readonly call: (
    url: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    json?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** Makes a client that may read and write things; its secret, when both were acknowledged. */
  readonly addClient: (url: string, id: string) => Promise<Credentials | undefined>;
}

/** Logs an administrator in. */
export async function administration(
  url: string,
  issuer: string,
  admin: Credentials,
): Promise<Administration> {
  const { status, json, text } = await askToken(url, admin, { resource: `${issuer}/admin` });
  if (status !== 200) throw new Error(`no administration: ${text}`);
  const token = String(json['access_token']);

  const call: Administration['call'] = (at, method, path, body, headers = {}) =>
    send(`${at}/admin/${path}`, {
      ...{ method, token, headers },
      ...(body === undefined ? {} : { json: body }),
    });

  const addClient: Administration['addClient'] = async (at, id) => {
    const grants = [{ service: 'things', scopes: ['read', 'write'] }];
    const isNew = { 'if-none-match': '*' };
    const made = await call(at, 'PUT', `clients/${id}`, { id, grants }, isNew);
    if (made.status !== 201) return undefined;
    const added = await call(at, 'POST', `clients/${id}/secrets`, { label: 'test' });
    return added.status === 201 ? { id, secret: String(added.json['secret']) } : undefined;
  };
  return { call, addClient };
}
