import type { Adapter, AdapterPayload, AllClientMetadata } from 'oidc-provider';

import type { EngineLibrary } from './engine-library.js';
import type { PeopleRecords, RecordPayload } from './people-records.js';

/** What the engine keeps and reads by. */
export interface EngineStorage {
  readonly library: EngineLibrary;
  readonly records: PeopleRecords;
  /** The metadata of a client that people can log in to. */
  clientOf(id: string): AllClientMetadata | undefined;
}

/** The engine's storage: one adapter per model. */
export function engineAdapter(storage: EngineStorage): (model: string) => Adapter {
  return (model) => (model === 'Client' ? clients(storage) : records(model, storage));
}

/** Clients are those of our registry, and change there alone. */
function clients({ clientOf }: EngineStorage): Adapter {
  return {
    ...nothing,
    find: async (id) => clientOf(id),
  };
}

function records(model: string, { records, library }: EngineStorage): Adapter {
  const find = async (id: string) => engineOf(await records.find(model, id));
  return {
    ...nothing,
    find,
    findByUid: async (uid) => engineOf(await records.findSession(uid)),
    upsert: async (id, payload, expiresIn = longest) =>
      records.put({ model, id, payload: payload as RecordPayload, expiresIn }),
    destroy: async (id) => records.remove(model, id),
    revokeByGrantId: async (grantId) => records.endGrant(grantId),
    consume: async (id) => {
      if (await records.consume(model, id)) return;
      // Another replica was first: the same as one that was used a while ago.
      const used = await records.find(model, id);
      if (typeof used?.['grantId'] === 'string') await records.endGrant(used['grantId']);
      throw new library.errors.InvalidGrant('used already');
    },
  };
}

/** Seconds; every model has a lifetime of its own. */
const longest = 86_400;

function refused(): never {
  throw new Error('the engine keeps nothing of this kind');
}

const nothing: Adapter = {
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  upsert: async () => refused(),
  consume: async () => refused(),
  destroy: async () => refused(),
  revokeByGrantId: async () => refused(),
};

function engineOf(payload: RecordPayload | undefined): AdapterPayload | undefined {
  return payload as AdapterPayload | undefined;
}
