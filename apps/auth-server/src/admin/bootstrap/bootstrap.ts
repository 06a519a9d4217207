import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '@countersign/token';

import type { AuditStore } from '../../audit/audit-store.js';
import type { AddedSecret, RegistryStore } from '../../registry/registry-store.js';
import type { BootstrapCredentials } from './bootstrap-credentials.js';
import type { BootstrapFile } from './bootstrap-file.js';
import { BootstrapOver, BootstrapRefused } from './bootstrap-problems.js';

/** What the bootstrap works with. */
export interface BootstrapDeps {
  readonly store: RegistryStore;
  readonly credentials: BootstrapCredentials;
  readonly file: BootstrapFile;
  readonly audit: AuditStore;
  readonly clock: Clock;
}

/** Who asks to become the first administrator. */
export interface BootstrapRequest {
  readonly credential: string;
  /** Id of the client to be made. */
  readonly client: string;
  /** Network address, for the audit log. */
  readonly address: string | undefined;
}

const event = 'admin.bootstrapped';

/**
 * The way to the first administrator: while no client holds `admin:write`, whoever can read a file of
 * this server may make one, once. The credential in it is in no log and, but for its digest, in no
 * database.
 */
export class Bootstrap implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Admin');
  private ending: NodeJS.Timeout | undefined;

  constructor(private readonly deps: BootstrapDeps) {}

  /** At the start: writes the file if it is needed, removes it if it is not. */
  async onApplicationBootstrap(): Promise<void> {
    const { store, file } = this.deps;
    if (await store.hasAdministrator()) {
      await file.remove();
      return;
    }
    const expiresAt = (await this.liveFile()) ?? (await this.writeFile());
    if (expiresAt === undefined) {
      this.logger.warn({ event: 'bootstrap.withheld', reason: 'too many live credentials' });
      return;
    }
    this.removeAt(expiresAt);
    const until = new Date(expiresAt * 1000).toISOString();
    this.logger.warn({ event: 'bootstrap.open', file: file.path, until });
  }

  onModuleDestroy(): void {
    clearTimeout(this.ending);
  }

  /**
   * Makes the first administrator and its secret, in one transaction with the end of all credentials:
   * of two requests at once one wins.
   *
   * Rejects with BootstrapOver (410) once there is an administrator, BootstrapRefused (403) for a
   * credential that is unknown, used or expired, and RegistryConflict if the client is there already.
   */
  async claim({ credential, client, address }: BootstrapRequest): Promise<AddedSecret> {
    const { store, credentials, file, audit, clock } = this.deps;
    if (await store.hasAdministrator()) throw new BootstrapOver();
    const by = { name: 'bootstrap', address };
    const added = await store.change(by, async (change) => {
      if (!(await credentials.use(change.tx, credential, clock.now()))) {
        throw new BootstrapRefused();
      }
      await change.putClient({ id: client, grants: [administration] }, { ifVersion: 'absent' });
      await audit.write(change.tx, { at: clock.now(), event, client, address, actor: by.name });
      return change.addSecret(client, { label: 'bootstrap' });
    });
    clearTimeout(this.ending);
    // The credential is used up: a file that stays is worth nothing.
    await file.remove().catch(() => undefined);
    this.logger.warn({ event, client });
    return added;
  }

  private async liveFile(): Promise<number | undefined> {
    const { file, credentials, clock } = this.deps;
    const text = await file.read();
    return text === undefined ? undefined : credentials.expiryOf(text, clock.now());
  }

  private async writeFile(): Promise<number | undefined> {
    const { file, credentials, clock } = this.deps;
    await file.remove();
    const issued = await credentials.issue(clock.now());
    if (issued) await file.write(issued.text);
    return issued?.expiresAt;
  }

  private removeAt(expiresAt: number): void {
    const wait = Math.max(0, expiresAt - this.deps.clock.now()) * 1000;
    this.ending = setTimeout(() => {
      this.deps.file.remove().catch(() => undefined);
      this.logger.log({ event: 'bootstrap.expired', renew: 'restart the server' });
    }, wait).unref();
  }
}

const administration = {
  service: 'admin',
  scopes: ['admin:read', 'admin:write'],
  reason: 'first administrator',
};
