import {
  checkOption,
  createTrustRegistry,
  type TrustRegistry,
  type TrustRegistryDeps,
  type TrustSource,
} from '@countersign/token';

import type { CountersignOptions } from '../countersign.options.js';
import { logRevocation } from '../revocation/log-revocation.js';
import { keyChannel } from './key-channel.js';
import { changedBy, logRelaxed, logTrust } from './log-trust.js';

/**
 * The registry of everybody that the options trust; what changes about them is logged.
 * @throws TypeError naming the option that is wrong.
 * @internal
 */
export function trustRegistryOf(
  { trust, fetch, keys }: CountersignOptions,
  deps: Pick<TrustRegistryDeps, 'clock' | 'clockTolerance' | 'dpop'>,
): TrustRegistry {
  const members = isSource(trust) ? [trust] : trust;
  checkOption(
    Array.isArray(members),
    'trust',
    'be a list (an empty one trusts nobody), or a source',
  );
  const registry = createTrustRegistry(members, {
    ...deps,
    onRevocation: logRevocation,
    onTrust: (event) => {
      logTrust(event);
      if (event.kind === 'replaced') logRelaxed(changedBy(event, registry));
    },
    keys: {
      ...keys,
      onEvent: (event) => {
        keyChannel.publish(event);
        keys?.onEvent?.(event);
      },
    },
    ...(fetch && { fetch }),
  });
  return registry;
}

function isSource(trust: CountersignOptions['trust']): trust is TrustSource {
  return typeof (trust as Partial<TrustSource> | undefined)?.load === 'function';
}
