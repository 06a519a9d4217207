import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startFleet, type Fleet, type FleetOptions } from './start-fleet.js';

/**
 * A fleet on free ports with a new data directory, which is removed when the fleet stops: for tests.
 * @internal
 */
export async function startTemporaryFleet(
  options: Omit<FleetOptions, 'dataDirectory' | 'ports'> = {},
): Promise<Fleet> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'countersign-fleet-'));
  const remove = (): Promise<void> => rm(dataDirectory, { recursive: true, force: true });
  try {
    const fleet = await startFleet({ ...options, dataDirectory, ports: 'free' });
    return {
      ...fleet,
      stop: async () => {
        const leftByThemselves = await fleet.stop();
        await remove();
        return leftByThemselves;
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
