import { and, eq } from 'drizzle-orm';

import type { SecretDocument } from '../documents/documents.js';
import { RegistryConflict } from '../registry-errors.js';
import { clientSecretsTable, clientsTable } from '../registry.tables.js';
import { generateSecret } from '../secret.js';
import type { ChangeLog } from './change-log.js';
import { writeSecret } from './write-documents.js';

/** Live secrets of one client: enough to replace them in turn. */
const most = 16;

/** A secret that was just made. */
export interface AddedSecret {
  /** Shown once, then gone. */
  readonly secret: string;
  readonly id: string;
  readonly label: string;
  readonly expires: string | undefined;
}

/** Makes a secret for a client. Refuses (RegistryConflict) a label it has, and a seventeenth. */
export async function addSecret(
  log: ChangeLog,
  client: string,
  { label, expires }: Pick<SecretDocument, 'label' | 'expires'>,
): Promise<AddedSecret> {
  const { db } = log.tx;
  const there = await db
    .select({ label: clientSecretsTable.label })
    .from(clientSecretsTable)
    .where(eq(clientSecretsTable.client, client));
  if (there.some((row) => row.label === label)) {
    throw new RegistryConflict('exists', 'the client has a secret of this label');
  }
  if (there.length >= most) {
    throw new RegistryConflict('too-many', `a client has ${most} secrets at most`);
  }
  const { secret, digest, id } = generateSecret(client);
  const document = { label, sha256: digest.toString('base64url'), expires };
  await writeSecret(log.tx, client, document, id);
  await touch(log, client);
  await log.record('client', client, 'secret.added', { secret: id, label, expires });
  return { secret, id, label, expires };
}

/** Removes a secret by its id or its label. Refuses (RegistryConflict) one that is not there. */
export async function removeSecret(log: ChangeLog, client: string, which: string): Promise<void> {
  const { db } = log.tx;
  const { client: owner, id, label } = clientSecretsTable;
  const there = await db.select({ id, label }).from(clientSecretsTable).where(eq(owner, client));
  // A label may look like the id of another secret: the id goes first, and one secret goes only.
  const gone = there.find((row) => row.id === which) ?? there.find((row) => row.label === which);
  if (!gone) throw new RegistryConflict('missing', 'the client has no such secret');
  await db.delete(clientSecretsTable).where(and(eq(owner, client), eq(id, gone.id)));
  await touch(log, client);
  await log.record('client', client, 'secret.removed', { secret: gone.id, label: gone.label });
}

async function touch({ tx, version }: ChangeLog, client: string): Promise<void> {
  await tx.db.update(clientsTable).set({ version }).where(eq(clientsTable.id, client));
}
