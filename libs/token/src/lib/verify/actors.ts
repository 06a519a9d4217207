import type { Principal } from '../types.js';

/** Who acts by a token: always a service, sometimes for a user. @internal */
export type Actors = Pick<Principal, 'caller' | 'subject'>;
