import { channel } from 'node:diagnostics_channel';

import { TokenAcquisitionError, type AcquisitionFailure } from './token-acquisition-error.js';

/** One attempt of a source to get a token, without anything of the token. @publicApi */
export interface AcquisitionMessage {
  /** The issuer that was asked, and the client that asked, as the options of the source name them. */
  readonly server: string;
  readonly client: string;
  readonly outcome: 'given' | AcquisitionFailure | 'error';
  /** Until the answer. */
  readonly milliseconds: number;
}

/**
 * Where sources tell of every token that they ask for, for whoever counts them: a channel of
 * `node:diagnostics_channel` with an {@link AcquisitionMessage} for each. A token that is kept is not asked
 * for. Costs nothing while nobody listens.
 * @publicApi
 */
export const acquisitionChannel = channel('countersign:acquisition');

/** Tells of an attempt as it ends; it ends as it would have. @internal */
export async function toldAcquisition<Result>(
  names: Pick<AcquisitionMessage, 'server' | 'client'>,
  attempt: () => Promise<Result>,
): Promise<Result> {
  if (!acquisitionChannel.hasSubscribers) return attempt();
  const since = performance.now();
  const tell = (outcome: AcquisitionMessage['outcome']): void => {
    const { server, client } = names;
    const milliseconds = performance.now() - since;
    acquisitionChannel.publish({
      server,
      client,
      outcome,
      milliseconds,
    } satisfies AcquisitionMessage);
  };
  try {
    const result = await attempt();
    tell('given');
    return result;
  } catch (error) {
    tell(error instanceof TokenAcquisitionError ? error.reason : 'error');
    throw error;
  }
}
