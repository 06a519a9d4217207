/** What a token costs the service that calls: one at hand, one signed anew, and the bare signature. */
import { generateKeyPairSync, sign } from 'node:crypto';

import {
  clientCredentials,
  clientSecretBasic,
  createSigner,
  credentialHeaders,
  selfIssued,
  tokenExchange,
  type OutboundSubject,
  type TokenSource,
} from '@countersign/token';
import { startTokenEndpoint } from '@countersign/testing';

import { median } from '../median.js';

/** CPU microseconds per token: the median of the rounds. */
export interface OutboundResults {
  readonly cached: number;
  readonly cachedExchange: number;
  readonly fresh: number;
  readonly signature: number;
}

/** How much is measured. */
export interface OutboundBenchOptions {
  readonly rounds: number;
  readonly tokens: number;
  readonly progress: (text: string) => void;
}

type Series = (count: number) => void | Promise<void>;

const audience = 'https://census.example/';
const scopes = ['users:read'];
const url = `${audience}user/42/`;
const subject: OutboundSubject = { uri: url, token: 'a'.repeat(700) };

/** Runs the series in turn, round by round. */
export async function outboundBench(options: OutboundBenchOptions): Promise<OutboundResults> {
  const { rounds, tokens, progress } = options;
  const server = await startTokenEndpoint({ issue: () => 'a'.repeat(700), lifetime: 86_400 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const atServer = { issuer: server.issuer, client: clientSecretBasic('herald', 'secret') };
  const signer = createSigner({ algorithm: 'ES256', kid: 'one', privateKey });
  const series: Readonly<Record<keyof OutboundResults, Series>> = {
    cached: attaching(clientCredentials(atServer)),
    cachedExchange: attaching(tokenExchange(atServer), subject),
    fresh: attaching(selfIssued({ issuer: 'https://herald.example/', signer }), subject),
    signature: (count) => {
      const input = Buffer.alloc(400, 'a');
      for (let i = 0; i < count; i++)
        sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    },
  };
  const times = new Map<string, number[]>();
  for (const run of Object.values(series)) await run(2000); // warms up
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of Object.entries(series)) {
      const micros = await cpuMicros(run, tokens);
      times.set(name, [...(times.get(name) ?? []), micros]);
    }
    progress(`outbound: round ${round} of ${rounds}`);
  }
  await server.close();
  const of = (name: keyof OutboundResults) => median(times.get(name) ?? []);
  return {
    cached: of('cached'),
    cachedExchange: of('cachedExchange'),
    fresh: of('fresh'),
    signature: of('signature'),
  };
}

/** Gets a token and writes its header field, as a client does for each call. */
function attaching(source: TokenSource, of?: OutboundSubject): Series {
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const token = source.token({ audience, scopes, subject: of });
      credentialHeaders(token instanceof Promise ? await token : token, { method: 'GET', url });
    }
  };
}

async function cpuMicros(run: Series, count: number): Promise<number> {
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
