import { send } from '@countersign/fleet';

import type { Administration } from './administration.js';
import { byAssertion, type AssertionSigner } from './an-assertion.js';
import { askToken, type Credentials } from './ask-token.js';

/** What was acknowledged to a client: all of it has to be true for ever. */
export interface Ledger {
  /** Clients and secrets that were made. */
  readonly clients: Credentials[];
  /** Tokens that were revoked. */
  readonly revoked: string[];
  /** Assertions that were accepted. */
  readonly used: string[];
}

/** Who writes. */
export interface Writers {
  readonly issuer: string;
  readonly admin: Administration;
  readonly signer: AssertionSigner;
  readonly web: Credentials;
}

/** Writes at the targets in turn until it is stopped; keeps what was acknowledged, and no more. */
export function keepLedger(
  targets: readonly string[],
  writers: Writers,
): { readonly ledger: Ledger; readonly stop: () => Promise<void> } {
  const ledger: Ledger = { clients: [], revoked: [], used: [] };
  let isOver = false;
  let count = 0;
  const repeat = async (write: (url: string, n: number) => Promise<void>): Promise<void> => {
    while (!isOver) {
      const n = count++;
      // A connection that breaks acknowledges nothing.
      await write(targets[n % targets.length] ?? '', n).catch(() => undefined);
    }
  };
  const working = [
    repeat(async (url, n) => {
      const client = await writers.admin.addClient(url, `ledger-${n}`);
      if (client) ledger.clients.push(client);
    }),
    repeat(async (url) => {
      const token = String((await askToken(url, writers.web)).json['access_token']);
      const sent = { method: 'POST', basic: writers.web, form: { token } } as const;
      const { status } = await send(`${url}/oauth2/revoke`, sent);
      if (status === 200) ledger.revoked.push(token);
    }),
    repeat(async (url) => {
      const assertion = await writers.signer.sign(writers.issuer);
      const sent = { method: 'POST', form: byAssertion(assertion) } as const;
      const { status } = await send(`${url}/oauth2/token`, sent);
      if (status === 200) ledger.used.push(assertion);
    }),
  ];
  return {
    ledger,
    stop: async () => {
      isOver = true;
      await Promise.all(working);
    },
  };
}
