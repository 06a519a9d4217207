import type { Json } from '@countersign/token';

import { segment, type AdminApi } from '../http/admin-api.js';
import { readRegistry, type Registry } from './registry.js';

/** The registry of a running authorization server, read under `admin:read`. */
export async function registryFromServer(api: AdminApi, now: number): Promise<Registry> {
  const services = await api.list('services');
  const clients: Json[] = [];
  // One after the other: an administration is not to be flooded by who looks at it.
  for (const { id } of await api.list('clients'))
    clients.push(await api.get(`clients/${segment(String(id))}`));
  return readRegistry({ services, clients }, now);
}
