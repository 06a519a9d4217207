import { X509Certificate } from 'node:crypto';

import type { Duration, TokenSource } from '@countersign/token';
import {
  checkOption,
  isLoopbackHost,
  isScopeToken,
  isUriPrefix,
  refuseUnknownOptions,
  toSeconds,
} from '@countersign/token';

/** A service that this one calls. @publicApi */
export interface ServiceClientOptions {
  /** Where it is, with a final slash: nothing goes anywhere else. */
  readonly url: string;
  /** The `aud` it expects; `url` unless told. */
  readonly audience?: string;
  /** What is asked for with every call, unless the call says otherwise. */
  readonly scopes?: readonly string[];
  /** Where tokens come from: one source for both, or one for calls as the user and one as ourselves. */
  readonly source: TokenSource | { readonly asSubject: TokenSource; readonly asSelf: TokenSource };
  /** As whom it is called, where only one is meant: calls as the other are refused here. */
  readonly as?: 'self' | 'subject';
  /** Signs a token for each request: its method, URL and content. The source must be able to. */
  readonly bound?: boolean;
  /** For a call with everything it takes, tokens and attempts too: 5 s unless told, at most 5 min. */
  readonly timeout?: Duration;
  /** Largest answer that is read: 1 MiB unless told. */
  readonly maxResponseBytes?: number;
  /** Connections at a time: 32 unless told. */
  readonly connections?: number;
  /** Calls that may wait for a connection: 1000 unless told. */
  readonly maxQueued?: number;
  /** Sends tokens in clear text to a host that is not this machine: only inside a network you trust. */
  readonly allowPlainHttp?: boolean;
  /** PEM of the only certificate authorities trusted; those of Node unless told. */
  readonly ca?: string;
}

/** The options of one client, checked once. @internal */
export interface ResolvedClient {
  readonly name: string;
  readonly url: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly asSubject: TokenSource;
  readonly asSelf: TokenSource;
  /** Undefined for both. */
  readonly as: 'self' | 'subject' | undefined;
  readonly bound: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxResponseBytes: number;
  readonly connections: number;
  readonly maxQueued: number;
  readonly ca: string | undefined;
}

const known: Readonly<Record<keyof ServiceClientOptions, true>> = {
  url: true,
  audience: true,
  scopes: true,
  source: true,
  as: true,
  bound: true,
  timeout: true,
  maxResponseBytes: true,
  connections: true,
  maxQueued: true,
  allowPlainHttp: true,
  ca: true,
};

const mebibyte = 1024 * 1024;

/**
 * Checks the options of a client.
 * @throws TypeError naming the client and the option that is wrong.
 * @internal
 */
export function resolveClient(name: string, options: ServiceClientOptions): ResolvedClient {
  const at: At = (option) => `clients.${name}.${option}`;
  refuseUnknownOptions(options, known);
  const { url, audience = url, scopes = [], bound = false, as } = options;
  checkUrl(options, at('url'));
  checkOption(audience !== '', at('audience'), 'not be empty');
  checkOption(scopes.every(isScopeToken), at('scopes'), 'be scope-tokens');
  checkOption([undefined, 'self', 'subject'].includes(as), at('as'), "be 'self' or 'subject'");
  const sources = sourcesOf(options, at('source'));
  return Object.freeze({
    name,
    url,
    audience,
    scopes,
    as,
    bound,
    ...sources,
    ...boundsOf(options, at),
  });
}

type At = (option: keyof ServiceClientOptions) => string;

function checkUrl({ url, allowPlainHttp = false }: ServiceClientOptions, at: string): void {
  checkOption(isUriPrefix(url), at, 'be a canonical http(s) URL with a final slash');
  const isSafe = url.startsWith('https:') || isLoopbackHost(new URL(url).hostname);
  checkOption(isSafe || allowPlainHttp, at, 'be https');
}

/** The sources of both kinds of calls. @internal */
export function sourcesOf(
  { source }: Pick<ServiceClientOptions, 'source'>,
  at: string,
): Pick<ResolvedClient, 'asSubject' | 'asSelf'> {
  const { asSubject, asSelf } = 'token' in source ? { asSubject: source, asSelf: source } : source;
  for (const one of [asSubject, asSelf] as readonly (Partial<TokenSource> | undefined)[])
    checkOption(
      typeof one?.token === 'function',
      at,
      'be a token source, or one for asSubject and one for asSelf',
    );
  return { asSubject, asSelf };
}

function boundsOf(options: ServiceClientOptions, at: At) {
  const { maxResponseBytes = mebibyte, connections = 32, maxQueued = 1000, ca } = options;
  const timeout = checkedTimeout(options.timeout ?? '5s', at('timeout'));
  checkWhole(maxResponseBytes, 1024 * mebibyte, at('maxResponseBytes'));
  checkWhole(connections, 1024, at('connections'));
  checkWhole(maxQueued, 100_000, at('maxQueued'));
  checkOption(ca === undefined || isCertificate(ca), at('ca'), 'be certificates in PEM');
  return { timeout, maxResponseBytes, connections, maxQueued, ca };
}

/** Milliseconds of the time a call may take. @internal */
export function checkedTimeout(timeout: Duration, option = 'timeout'): number {
  const seconds = toSeconds(timeout, option);
  checkOption(seconds > 0 && seconds <= 300, option, 'be over 0 and at most 5m');
  return seconds * 1000;
}

function checkWhole(value: number, most: number, option: string): void {
  const isFine = Number.isSafeInteger(value) && value >= 1 && value <= most;
  checkOption(isFine, option, `be a whole number from 1 to ${most}`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
