import { ConfigError } from '@countersign/runtime';
import { eq, inArray } from 'drizzle-orm';

import { reservedNames } from '../documents/documents.js';
import { servicesTable } from '../registry.tables.js';
import { differences } from './to-document.js';
import type { ChangeLog } from './change-log.js';

/** What this server's own audiences offer. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  admin: ['admin:read', 'admin:write'],
  exchange: [],
};

/**
 * Keeps the services that are this server itself: `admin` and `exchange`, below its URL. Refuses
 * (ConfigError) a database in which an older version let somebody else have one of the names.
 */
export async function putBuiltInServices(log: ChangeLog): Promise<void> {
  const { db } = log.tx;
  const names = [...reservedNames];
  const rows = await db.select().from(servicesTable).where(inArray(servicesTable.name, names));
  for (const name of names) {
    const wanted = {
      audience: `${log.context.ownIssuer}/${name}`,
      scopes: [...(scopes[name] ?? [])],
    };
    const row = rows.find((one) => one.name === name);
    if (row && !row.builtIn) {
      throw new ConfigError([
        `DATABASE_URL: holds a service named "${name}", which belongs to this server now. Rename it ` +
          'with the version that made it',
      ]);
    }
    const change = { ...wanted, builtIn: true, version: log.version };
    if (!row) await db.insert(servicesTable).values({ name, ...change });
    else if (differences(wanted, { audience: row.audience, scopes: row.scopes }).length === 0)
      continue;
    else await db.update(servicesTable).set(change).where(eq(servicesTable.name, name));
    await log.record('service', name, row ? 'service.changed' : 'service.added', wanted);
  }
}
