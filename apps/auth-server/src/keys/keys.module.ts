import { Global, Module, type DynamicModule } from '@nestjs/common';
import { KeyRing } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { RevocationStore } from '../status/revocation-store.js';
import { KeyCommands } from './key-commands.js';

/**
 * `KeyCommands` for the admin API. Needs the signing keys, the audit log and the revocations: a
 * compromised key that guards are not told of is not dropped.
 */
@Global()
@Module({})
export class KeysModule {
  static forRoot({ clock }: { readonly clock: Clock }): DynamicModule {
    return {
      module: KeysModule,
      providers: [
        {
          provide: KeyCommands,
          inject: [KeyRing, AuditStore, RevocationStore],
          useFactory: (ring: KeyRing, audit: AuditStore, revocations: RevocationStore) =>
            new KeyCommands({ ring, audit, revocations, clock }),
        },
      ],
      exports: [KeyCommands],
    };
  }
}
