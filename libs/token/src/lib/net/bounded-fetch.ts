import { X509Certificate } from 'node:crypto';
import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { Agent, buildConnector, fetch as undiciFetch } from 'undici';

import { checkOption, refuseUnknownOptions } from '../check-option.js';
import { isLoopbackHost } from '../is-loopback-host.js';
import { addressRule } from './public-address.js';
import type { AddressRule } from './public-address.js';

/** Where {@link boundedFetch} may go. @publicApi */
export interface BoundedFetchOptions {
  /** CIDR blocks of private addresses that are allowed besides the public ones. */
  readonly networks?: readonly string[];
  /** PEM of the only certificate authorities trusted; those of Node unless told. */
  readonly ca?: string;
  /** For tests: another resolver of names. */
  readonly lookup?: ResolveName;
}

/** `dns.lookup`, asked for all addresses. @publicApi */
export type ResolveName = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A request that would have gone to an address it may not go to. @publicApi */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';
}

const known: Readonly<Record<keyof BoundedFetchOptions, true>> = {
  networks: true,
  ca: true,
  lookup: true,
};

const connectTimeout = 3000;
const longestSilence = 5000;

/**
 * A `fetch` for URLs that somebody else wrote down: registry entries, issuers that are discovered.
 *
 * Goes to public addresses, and to others only in `networks`; what counts is the address that the
 * socket connects to, so neither a name that resolves to a private address, nor one that resolves
 * anew to another, nor an odd spelling gets around it. Follows no redirect (`manual`, or an error),
 * speaks https, and http only with loopback hosts that are in `networks`. A refusal rejects as a
 * failed fetch whose cause is an {@link AddressRefusedError}. Size and time of answers are for the
 * reader to bound. Refuses with a TypeError networks that are no CIDR blocks or too wide, and a `ca`
 * that is no certificate.
 *
 * @example
 * jwksSource(issuer.jwksUri, { fetch: boundedFetch({ networks: ['10.96.0.0/12'], ca: clusterCa }) })
 * @publicApi
 */
export function boundedFetch(options: BoundedFetchOptions = {}): typeof fetch {
  refuseUnknownOptions(options, known);
  const { ca, networks = [], lookup = systemLookup } = options;
  checkOption(Array.isArray(networks), 'networks', 'be a list of CIDR blocks');
  checkOption(ca === undefined || isCertificate(ca), 'ca', 'be certificates in PEM');
  const mayReach = addressRule(networks);
  const dispatcher = new Agent({
    connect: connectorOf(mayReach, lookup as ResolveName, ca),
    connections: 2,
    pipelining: 1,
    headersTimeout: longestSilence,
    bodyTimeout: longestSilence,
  });

  const ask = async (input: string | URL, init: RequestInit = {}): Promise<unknown> => {
    const url = new URL(input);
    if (!isSafeUrl(url)) throw new AddressRefusedError(`refused to ask ${url.protocol} there`);
    const redirect = init.redirect === 'manual' ? 'manual' : 'error';
    return undiciFetch(url, { ...(init as object), redirect, dispatcher });
  };
  return ask as typeof fetch;
}

function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

function connectorOf(
  mayReach: AddressRule,
  resolve: ResolveName,
  ca: string | undefined,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeout,
    lookup: checkedLookup(mayReach, resolve),
    ...(ca === undefined ? {} : { ca }),
  });
  return (target, callback) => {
    // Node asks no resolver for an address, so the lookup would never see it.
    const literal = target.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0 && !mayReach(literal)) return callback(refused(literal), null);
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      // The last word: whatever was resolved, this is who was reached.
      const { remoteAddress = 'nowhere' } = socket;
      if (mayReach(remoteAddress)) return callback(null, socket);
      socket.destroy();
      callback(refused(remoteAddress), null);
    });
  };
}

/** Only the addresses that may be reached are answered, so that no other is even tried. */
function checkedLookup(mayReach: AddressRule, resolve: ResolveName): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true } as LookupAllOptions, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const [first, ...others] = addresses.filter(({ address }) => mayReach(address));
      if (first === undefined) return callback(refused(hostname), []);
      if (options.all === true) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
}

function refused(where: string): AddressRefusedError {
  return new AddressRefusedError(`${where} is no public address, nor in an allowed network`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
