import { channel } from 'node:diagnostics_channel';

/**
 * Where every reading of a key set is told, for whoever counts them: a channel of
 * `node:diagnostics_channel` with a `KeyStoreEvent` of `@countersign/token` for each.
 * @publicApi
 */
export const keyChannel = channel('countersign:keys');
