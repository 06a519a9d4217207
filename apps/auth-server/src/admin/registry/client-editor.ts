import type { Clock } from '@countersign/token';
import { ProblemException } from '@countersign/runtime';

import type {
  ClientDocument,
  EdgeDocument,
  GrantDocument,
} from '../../registry/documents/documents.js';
import { RegistryConflict } from '../../registry/registry-errors.js';
import type { RegistryStore } from '../../registry/registry-store.js';
import type { Actor } from '../../registry/registry-store.js';
import { mayAdminister } from '../../registry/write/has-administrator.js';
import type { IfVersion } from '../http/preconditions.js';
import type { RegistryReader, SecretSummary } from './registry-reader.js';

/** Changes some of a client's document. */
export type ClientChange = (client: ClientDocument) => ClientDocument;

/** Times a part is added again when somebody changes the same client meanwhile. */
const attempts = 5;

/** Changes clients, whole or in part; nobody can lock oneself out. */
export class ClientEditor {
  constructor(
    private readonly reader: RegistryReader,
    private readonly store: RegistryStore,
    private readonly clock: Clock,
  ) {}

  /** Creates or replaces a client. Refuses (409) to take one's own right to administer. */
  async put(document: ClientDocument, ifVersion: IfVersion, by: Actor): Promise<void> {
    if (document.id === by.name && ifVersion !== 'absent') this.refuseOwnEnd(document);
    await this.store.putClient(document, { ifVersion }, by);
  }

  /** Removes a client. Refuses (409) oneself. */
  async remove(id: string, ifVersion: number, by: Actor): Promise<void> {
    if (id === by.name) throw ownRight('You cannot remove yourself; ask another administrator');
    await this.store.removeClient(id, { ifVersion }, by);
  }

  /** Changes the part of a client that was seen at a version. */
  async edit(id: string, ifVersion: number, by: Actor, change: ClientChange): Promise<void> {
    const { body } = await this.reader.client(id);
    await this.put(change(body), ifVersion, by);
  }

  /** Adds a part that `change` refuses to add twice; what else changes meanwhile does not matter. */
  async add(id: string, by: Actor, change: ClientChange): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { body, version } = await this.reader.client(id);
      try {
        await this.put(change(body), version, by);
        return;
      } catch (error) {
        const isOvertaken = error instanceof RegistryConflict && error.reason === 'changed';
        if (!isOvertaken || attempt === attempts) throw error;
      }
    }
  }

  /** Removes a secret. Refuses (409) the last thing that proves who oneself is. */
  async removeSecret(id: string, which: string, by: Actor): Promise<void> {
    if (id === by.name) {
      const { body } = await this.reader.client(id);
      if (isLastOf(await this.reader.secrets(id), which, this.clock.now())) refuseOwnSecrets(body);
    }
    await this.store.removeSecret(id, which, {}, by);
  }

  private refuseOwnEnd(document: ClientDocument): void {
    if (!mayAdminister(document, this.clock.now())) {
      throw ownRight('You cannot take your own right to administer; ask another administrator');
    }
    if (document.secrets?.length === 0) refuseOwnSecrets(document);
  }
}

/** Whether nothing live is left without the secret of this id or label. */
function isLastOf(secrets: readonly SecretSummary[], which: string, now: number): boolean {
  return secrets
    .filter(({ expires }) => expires === undefined || Date.parse(expires) / 1000 > now)
    .every(({ id, label }) => id === which || label === which);
}

function refuseOwnSecrets({ keys, identities, certificate }: ClientDocument): void {
  if (keys !== undefined || certificate !== undefined || identities.length > 0) return;
  throw ownRight('You cannot remove your own last secret; add another one first');
}

function ownRight(detail: string): ProblemException {
  return new ProblemException(409, { code: 'OWN_RIGHT', detail });
}

/** Takes the public keys of a client away. */
export function withoutKeys({ keys, ...client }: ClientDocument): ClientDocument {
  if (keys === undefined) throw new RegistryConflict('missing', 'the client has no public keys');
  return client;
}

/** Puts a grant in; refuses (RegistryConflict) one at the same service if it shall be new. */
export function withGrant(grant: GrantDocument, isNew: boolean): ClientChange {
  return (client) => {
    const others = client.grants.filter(({ service }) => service !== grant.service);
    refuseWrongCount(client.grants.length - others.length, isNew, 'grant');
    return { ...client, grants: [...others, grant] };
  };
}

/** Takes a grant out; refuses (RegistryConflict) one that is not there. */
export function withoutGrant(service: string): ClientChange {
  return (client) => {
    const grants = client.grants.filter((grant) => grant.service !== service);
    refuseWrongCount(client.grants.length - grants.length, false, 'grant');
    return { ...client, grants };
  };
}

const isSame = (a: EdgeName, b: EdgeName): boolean =>
  a.source === b.source && a.target === b.target;

/** What tells the edges of a client apart. */
export type EdgeName = Pick<EdgeDocument, 'source' | 'target'>;

/** Puts an edge in; refuses (RegistryConflict) one between the same services if it shall be new. */
export function withEdge(edge: EdgeDocument, isNew: boolean): ClientChange {
  return (client) => {
    const others = client.onBehalfOf.filter((other) => !isSame(other, edge));
    refuseWrongCount(client.onBehalfOf.length - others.length, isNew, 'edge');
    return { ...client, onBehalfOf: [...others, edge] };
  };
}

/** Takes an edge out; refuses (RegistryConflict) one that is not there. */
export function withoutEdge(name: EdgeName): ClientChange {
  return (client) => {
    const onBehalfOf = client.onBehalfOf.filter((edge) => !isSame(edge, name));
    refuseWrongCount(client.onBehalfOf.length - onBehalfOf.length, false, 'edge');
    return { ...client, onBehalfOf };
  };
}

function refuseWrongCount(count: number, isNew: boolean, what: string): void {
  if (isNew && count > 0) throw new RegistryConflict('exists', `there is such a ${what} already`);
  if (!isNew && count === 0) throw new RegistryConflict('missing', `there is no such ${what}`);
}
