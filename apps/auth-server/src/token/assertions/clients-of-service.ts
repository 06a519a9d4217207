import type { Client, Registry } from '../../registry/registry.js';

const indexes = new WeakMap<Registry, ReadonlyMap<string, readonly Client[]>>();

/** The clients that are the service of this name; found by an index made once per snapshot. */
export function clientsOfService(registry: Registry, service: string): readonly Client[] {
  const index = indexes.get(registry) ?? indexOf(registry);
  indexes.set(registry, index);
  return index.get(service) ?? [];
}

function indexOf(registry: Registry): ReadonlyMap<string, readonly Client[]> {
  const index = new Map<string, Client[]>();
  for (const client of registry.clients) {
    if (client.service === undefined) continue;
    const clients = index.get(client.service);
    if (clients) clients.push(client);
    else index.set(client.service, [client]);
  }
  return index;
}
