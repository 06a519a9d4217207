import { isIPv4, isIPv6 } from 'node:net';

const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * What counts as one sender: an IPv4 address, also one written as IPv6, or the /64 of an IPv6
 * address, because whoever has one address there has them all. What is no address is one sender
 * together with all others that are none.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const plain = address.replace(/%.*$/s, '');
  const inner = mapped.exec(plain)?.[1];
  if (inner !== undefined && isIPv4(inner)) return inner;
  return isIPv6(plain) ? `${firstGroups(plain).join(':')}::/64` : 'unknown';
}

/** The first four groups, each in its shortest spelling. */
function firstGroups(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
}

/** An IPv4 address at the end stands for two groups, and never for one of the first four. */
function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
