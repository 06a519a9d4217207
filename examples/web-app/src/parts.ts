import type { Clock } from '@countersign/token';

import type { ClientKey } from './client-key/client-key.js';
import type { Settings } from './settings.js';

/** What the application is made of, besides its code. */
export interface Parts {
  readonly settings: Settings;
  readonly key: ClientKey;
  readonly clock: Clock;
}

/** Injection token of the {@link Parts}. */
export const PARTS = Symbol('web-app:parts');
