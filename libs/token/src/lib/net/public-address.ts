/**
 * Which addresses a server may be sent to on somebody else's word. A URL in a registry must not
 * become a way into this machine, its network or its cloud's metadata service (SSRF).
 */
import { BlockList, isIP } from 'node:net';

import { checkOption } from '../check-option.js';

/** Whether a connection may be made to an IP address. @internal */
export type AddressRule = (address: string) => boolean;

type Family = 'ipv4' | 'ipv6';

// RFC 6890 and the IANA special-purpose registry: whatever is not one host of the public Internet.
const specialIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

// RFC 4291 section 2.4: global unicast. Loopback, link-local, unique local, multicast, mapped and
// translated (64:ff9b::/96, which hides an IPv4 address) all lie outside.
const globalIpv6 = ['2000::/3'];

// Inside it: protocol assignments with Teredo, 6to4 (both hide an IPv4 address), documentation.
const specialIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = blockListOf([...specialIpv4, ...specialIpv6]);
const globallyRouted = blockListOf(globalIpv6);

/** Wider networks than these are no private network but a switched-off check. */
const widest: Readonly<Record<Family, number>> = { ipv4: 8, ipv6: 7 };

/**
 * Makes the rule: public unicast addresses, and those in `networks` (CIDR notation).
 *
 * Refuses with a TypeError a network that is no CIDR block, or is wider than /8 (IPv4) or /7 (IPv6).
 * @internal
 */
export function addressRule(networks: readonly string[] = []): AddressRule {
  for (const network of networks) checkOption(isNetwork(network), 'networks', rule(network));
  const allowed = blockListOf(networks);
  return (address) => {
    const family = familyOf(address);
    if (family === undefined) return false;
    // BlockList reads an IPv4-mapped IPv6 address as the IPv4 address it is, here too.
    if (allowed.check(address, family)) return true;
    if (special.check(address, family)) return false;
    return family === 'ipv4' || globallyRouted.check(address, family);
  };
}

/** A zone (`fe80::1%eth0`) names an interface of this machine: no public address has one. */
function familyOf(address: string): Family | undefined {
  const version = address.includes('%') ? 0 : isIP(address);
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined;
}

function isNetwork(network: unknown): boolean {
  const [, address = '', digits] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(String(network)) ?? [];
  const family = familyOf(address);
  if (family === undefined) return false;
  const prefix = Number(digits);
  return prefix >= widest[family] && prefix <= (family === 'ipv4' ? 32 : 128);
}

function rule(network: unknown): string {
  return `be CIDR blocks like '10.20.0.0/16' or 'fd00::/8', none wider, got ${String(network)}`;
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string];
    list.addSubnet(address, Number(prefix), familyOf(address) as Family);
  }
  return list;
}
