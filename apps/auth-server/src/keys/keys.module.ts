import { Global, Inject, Module, type DynamicModule } from '@nestjs/common';
import { KeyRing } from '@countersign/runtime';
import type { AsymmetricAlgorithm, Clock } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { LiveRegistry } from '../registry/live-registry.js';
import { ServiceUnavailable } from '../registry/service-unavailable.js';
import { RevocationStore } from '../status/revocation-store.js';
import { KeyCommands } from './key-commands.js';

/**
 * `KeyCommands` for the admin API, and keys for every algorithm that a service of the registry asks
 * for. Needs the signing keys, the audit log, the registry and the revocations: a compromised key
 * that guards are not told of is not dropped.
 */
@Global()
@Module({})
export class KeysModule {
  constructor(@Inject(KeyRing) ring: KeyRing, @Inject(LiveRegistry) registry: LiveRegistry) {
    ring.follow(() => algorithmsOf(registry));
  }

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

/** None while the registry cannot be read: that must not keep the keys there are from rotating. */
function algorithmsOf(registry: LiveRegistry): readonly AsymmetricAlgorithm[] {
  try {
    return registry.current.services.flatMap(({ algorithm }) => algorithm ?? []);
  } catch (error) {
    if (error instanceof ServiceUnavailable) return [];
    throw error;
  }
}
