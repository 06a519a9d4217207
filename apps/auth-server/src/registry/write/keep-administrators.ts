import { RegistryConflict } from '../registry-errors.js';
import type { ChangeLog } from './change-log.js';
import { hasAdministrator } from './has-administrator.js';

/** Makes a change. Refuses (RegistryConflict `last-admin`) one that leaves no administrator. */
export async function keepAdministrators<T>(log: ChangeLog, change: () => Promise<T>): Promise<T> {
  const hadOne = await hasAdministrator(log.tx, log.now);
  const result = await change();
  if (!hadOne || (await hasAdministrator(log.tx, log.now))) return result;
  throw new RegistryConflict('last-admin', 'nobody could administer this server any more');
}
