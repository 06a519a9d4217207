import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, both PEM. @publicApi */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  /** Whom it names: the host as CN, and the organisation. */
  readonly subject: CertificateSubject;
}

/** A distinguished name of `O` and `CN`. @publicApi */
export interface CertificateSubject {
  readonly host: string;
  readonly organisation?: string | undefined;
}

/** What a certificate has besides its host. @publicApi */
export interface CertificateOptions {
  readonly organisation?: string;
  /** A URI among its names, such as a SPIFFE ID. */
  readonly uri?: string;
  /** Who signs it; itself unless given. */
  readonly by?: TestCertificate;
  /** Seconds from now until it ends; a day unless given. */
  readonly lifetime?: number;
}

const tag = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, text: 0x0c };
const sequence = 0x30;
const set = 0x31;
const utcTime = 0x17;
const ecdsaWithSha256 = der(sequence, der(tag.oid, hex('2a8648ce3d040302')));

/**
 * Makes a certificate (RFC 5280) for TLS on loopback: valid for a day, for 127.0.0.1 and `localhost`
 * unless another name is told. It signs itself, and so is its own authority, unless another signs it:
 * then it vouches for nobody.
 * @publicApi
 */
export function createTestCertificate(
  host = 'localhost',
  { organisation, uri, by, lifetime = 86_400 }: CertificateOptions = {},
): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { host, organisation };
  const body = der(
    sequence,
    der(0xa0, der(tag.integer, hex('02'))),
    der(tag.integer, Buffer.concat([hex('01'), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(by?.subject ?? subject),
    der(sequence, timeIn(Math.min(-3600, lifetime - 3600)), timeIn(lifetime)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(sequence, constraints(by === undefined), namesOf(host, uri))),
  );
  const signature = sign('sha256', body, by ? by.key : privateKey);
  const bytes = der(sequence, body, ecdsaWithSha256, der(tag.bits, hex('00'), signature));
  const lines = bytes
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    subject,
  };
}

function nameOf({ host, organisation }: CertificateSubject): Buffer {
  const part = (type: string, text: string) =>
    der(set, der(sequence, oid(type), der(tag.text, text)));
  const first = organisation === undefined ? [] : [part('55040a', organisation)];
  return der(sequence, ...first, part('550403', host));
}

/** RFC 5280 section 4.2.1.9: false is left out. */
function constraints(isAuthority: boolean): Buffer {
  const yes = der(tag.boolean, hex('ff'));
  const said = isAuthority ? [yes] : [];
  return der(sequence, oid('551d13'), yes, der(tag.octets, der(sequence, ...said)));
}

function namesOf(host: string, uri: string | undefined): Buffer {
  const address = host === 'localhost' ? [der(0x87, hex('7f000001'))] : [];
  const named = uri === undefined ? [] : [der(0x86, uri)];
  const names = der(sequence, der(0x82, host), ...address, ...named);
  return der(sequence, oid('551d11'), der(tag.octets, names));
}

function timeIn(seconds: number): Buffer {
  const digits = new Date(Date.now() + seconds * 1000).toISOString().replace(/\D/g, '');
  return der(utcTime, `${digits.slice(2, 14)}Z`);
}

function oid(digits: string): Buffer {
  return der(tag.oid, hex(digits));
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex');
}

/** One element of DER: tag, length, content. */
function der(type: number, ...content: readonly (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  const length = bytes.length.toString(16);
  const digits = hex(length.padStart(length.length + (length.length % 2), '0'));
  const prefix = bytes.length < 128 ? digits : Buffer.from([0x80 + digits.length, ...digits]);
  return Buffer.concat([Buffer.from([type]), prefix, bytes]);
}
