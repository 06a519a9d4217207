/** What every contender is given: the same clients, secrets, keys and audience. */
import { createHash, generateKeyPairSync, randomBytes, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key pair as JWKs, with a kid. */
export interface KeyPair {
  readonly publicJwk: JsonWebKey;
  readonly privateJwk: JsonWebKey;
}

/** A client that authenticates with a secret, or with a key. */
export interface BenchClient {
  readonly id: string;
  readonly secret: string;
}

/** One set of them. */
export interface Fixtures {
  readonly audience: string;
  /** Audience of the service that the first client is: what is sent there it may exchange. */
  readonly callerAudience: string;
  readonly scope: string;
  readonly lifetime: number;
  readonly clients: readonly BenchClient[];
  /** The client that signs assertions, and exchanges. */
  readonly keyClient: { readonly id: string; readonly key: KeyPair };
  readonly signing: { readonly ES256: KeyPair; readonly RS256: KeyPair };
}

/** Makes fixtures with that many clients of secrets. */
export function createFixtures(clients: number): Fixtures {
  return {
    audience: 'https://things.example/',
    callerAudience: 'https://caller.example/',
    scope: 'things:read',
    lifetime: 300,
    clients: Array.from({ length: clients }, (_, n) => createClient(`bench-${n}`)),
    keyClient: { id: 'bench-key', key: ecKey('bench-key-1') },
    signing: { ES256: ecKey('es-1'), RS256: rsaKey('rs-1') },
  };
}

/** The digest of a secret as registries hold it: SHA-256 in base64url. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Writes fixtures where only this user can read them; `remove` deletes them again. */
export async function writeFixtures(
  fixtures: Fixtures,
): Promise<{ file: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const file = join(directory, 'fixtures.json');
  await writeFile(file, JSON.stringify(fixtures), { mode: 0o600 });
  return { file, remove: () => rm(directory, { recursive: true }) };
}

/** Reads the fixtures that BENCH_FIXTURES names. */
export async function readFixtures(): Promise<Fixtures> {
  const file = process.env['BENCH_FIXTURES'];
  if (!file) throw new TypeError('BENCH_FIXTURES is not set: start this through the benchmark');
  return JSON.parse(await readFile(file, 'utf8')) as Fixtures;
}

function createClient(id: string): BenchClient {
  const random = randomBytes(32).toString('base64url');
  const text = `cs_${id}_${random}`;
  const checksum = createHash('sha256').update(text).digest().subarray(0, 4).toString('base64url');
  return { id, secret: text + checksum };
}

function ecKey(kid: string): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return withKid(publicKey.export({ format: 'jwk' }), privateKey.export({ format: 'jwk' }), kid);
}

function rsaKey(kid: string): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return withKid(publicKey.export({ format: 'jwk' }), privateKey.export({ format: 'jwk' }), kid);
}

function withKid(publicJwk: JsonWebKey, privateJwk: JsonWebKey, kid: string): KeyPair {
  return { publicJwk: { ...publicJwk, kid }, privateJwk: { ...privateJwk, kid } };
}
