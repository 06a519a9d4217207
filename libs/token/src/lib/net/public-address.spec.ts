import { addressRule } from './public-address.js';

describe('addressRule', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.169.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '2001:4860:4860::8888',
  ])('lets %s be reached', (address) => {
    expect(addressRule()(address)).toBe(true);
  });

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['link-local, the metadata service', '169.254.169.254'],
    ['protocol assignments', '192.0.0.8'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relays', '192.88.99.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback', '::ffff:7f00:1'],
    ['mapped public', '::ffff:8.8.8.8'],
    ['compatible loopback', '::127.0.0.1'],
    ['translated', '64:ff9b::7f00:1'],
    ['translated', '64:ff9b::8.8.8.8'],
    ['locally translated', '64:ff9b:1::1'],
    ['discard', '100::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd12:3456::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%lo'],
    ['public with a zone', '2606:4700:4700::1111%lo'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['Teredo', '2001:0:7f00:1::'],
    ['6to4 of loopback', '2002:7f00:1::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['a name', 'localhost'],
    ['a decimal number', '2130706433'],
    ['a short form', '127.1'],
    ['nothing', ''],
    ['nowhere', 'nowhere'],
  ])('keeps away from %s: %s', (_name, address) => {
    expect(addressRule()(address)).toBe(false);
  });

  it('lets the networks be reached that are allowed, and none beside them', () => {
    const mayReach = addressRule(['10.20.0.0/16', 'fd00:1::/32', '127.0.0.1/32']);
    expect(['10.20.255.255', 'fd00:1::7', '127.0.0.1', '::ffff:10.20.0.1'].every(mayReach)).toBe(
      true,
    );
    expect(['10.21.0.0', 'fd00:2::7', '127.0.0.2', '::1', '169.254.169.254'].some(mayReach)).toBe(
      false,
    );
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/7',
    'fc00::/6',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0/8',
    'localhost/8',
    'fe80::1%lo/64',
    '10.0.0.0/8 ',
    '',
    7,
  ])('refuses %p as a network', (network) => {
    expect(() => addressRule([network as string])).toThrow(/^networks must be CIDR blocks/);
  });
});
