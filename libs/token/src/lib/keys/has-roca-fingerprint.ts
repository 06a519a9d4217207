/**
 * ROCA (CVE-2017-15361; Nemec et al., "The Return of Coppersmith's Attack", 2017): the flawed
 * generator made primes k * M + (65537^a mod M), M being the product of the first primes. So the
 * modulus is a power of 65537 modulo every one of those primes; a random modulus hardly ever is.
 */

// From 1984 bits on, M holds the first 126 primes: those up to 701.
const largestFactor = 701;
const generator = 65_537;

interface Sieve {
  readonly prime: bigint;
  /** Indexed by residue: whether it is a power of the generator modulo the prime. */
  readonly isPower: readonly boolean[];
}

const sieves: readonly Sieve[] = oddPrimesUpTo(largestFactor).map(sieveOf);

/**
 * Whether an RSA modulus of 1984 bits or more bears the fingerprint of the ROCA generator.
 * @internal
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return sieves.every(({ prime, isPower }) => isPower[Number(modulus % prime)]);
}

function oddPrimesUpTo(limit: number): number[] {
  const primes: number[] = [];
  for (let n = 3; n <= limit; n += 2) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

function sieveOf(prime: number): Sieve {
  const isPower = new Array<boolean>(prime).fill(false);
  for (let power = 1; !isPower[power]; power = (power * generator) % prime) isPower[power] = true;
  return { prime: BigInt(prime), isPower };
}
