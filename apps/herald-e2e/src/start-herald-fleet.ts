import { startTemporaryFleet, type Fleet, type FleetOptions } from '@countersign/fleet';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

type Environment = Readonly<Record<string, string>>;

/** What is different in this fleet. */
export interface HeraldFleetOptions extends Pick<FleetOptions, 'seeds'> {
  /** Of Herald, which is on the PostgreSQL of the others unless it has a database of its own. */
  readonly herald?: Environment;
  /** Herald keeps the embedded database. */
  readonly isEmbedded?: boolean;
  readonly authServer?: Environment;
}

/**
 * A fleet to look at Herald: the others are on PostgreSQL, where they start in a third of the time.
 * With the database embedded in all of them, `notifications.e2e-spec.ts` tells its story.
 */
export async function startHeraldFleet(options: HeraldFleetOptions = {}): Promise<Fleet> {
  const postgres = await startPostgres();
  try {
    const environment = await environmentsOn(postgres, options);
    const { seeds } = options;
    const fleet = await startTemporaryFleet({ environment, ...(seeds && { seeds }) });
    return {
      ...fleet,
      stop: async () => {
        const leftByThemselves = await fleet.stop();
        await postgres.stop();
        return leftByThemselves;
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function environmentsOn(
  postgres: TestPostgres,
  { herald, isEmbedded = false, authServer }: HeraldFleetOptions,
): Promise<NonNullable<FleetOptions['environment']>> {
  const on = async (name: string) => ({ DATABASE_URL: await postgres.url(name) });
  return {
    census: await on('census'),
    'auth-server': { ...(await on('auth_server')), ...authServer },
    herald: { ...(isEmbedded ? {} : await on('herald')), ...herald },
  };
}
