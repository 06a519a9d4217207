import type { Meter } from '@opentelemetry/api';
import {
  acquisitionChannel,
  type AcquisitionMessage,
  type KeyStoreEvent,
} from '@countersign/token';

import { keyChannel } from '../trust/key-channel.js';

/** What others are asked for: key sets and tokens. @internal */
export function observeSources(meter: Meter): () => void {
  const reads = meter.createCounter('countersign.key_set.reads', {
    description: 'Readings of the key sets of issuers.',
    unit: '{read}',
  });
  const acquisitions = meter.createHistogram('countersign.token.acquisition.duration', {
    description: 'Time until a source got a token, or got none.',
    unit: 's',
  });
  const onKeys = (told: unknown): void => {
    const { kind, location } = told as KeyStoreEvent;
    reads.add(1, { 'countersign.key_set.location': location, 'countersign.outcome': kind });
  };
  const onAcquisition = (told: unknown): void => {
    const { server, client, outcome, milliseconds } = told as AcquisitionMessage;
    acquisitions.record(milliseconds / 1000, {
      'countersign.server': server,
      'countersign.client': client,
      'countersign.outcome': outcome,
    });
  };
  keyChannel.subscribe(onKeys);
  acquisitionChannel.subscribe(onAcquisition);
  return () => {
    keyChannel.unsubscribe(onKeys);
    acquisitionChannel.unsubscribe(onAcquisition);
  };
}
