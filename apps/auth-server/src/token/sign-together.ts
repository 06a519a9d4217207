import type { Signer } from '@countersign/token';

interface Waiting {
  readonly signer: Signer;
  readonly input: Buffer;
  readonly resolve: (signature: Buffer | Promise<Buffer>) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/**
 * A signer that signs all that one turn of the event loop asks for one after the other, when that
 * turn is over: what OpenSSL needs is in the processor's caches then, and a signature between two
 * requests costs twice as much as one after another signature.
 */
export function signTogether(signer: Signer): Signer {
  const { algorithm, kid } = signer;
  const sign = (input: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(signAll);
      waiting.push({ signer, input, resolve, reject });
    });
  return { algorithm, kid, sign };
}

function signAll(): void {
  const all = waiting;
  waiting = [];
  for (const { signer, input, resolve, reject } of all) {
    try {
      resolve(signer.sign(input));
    } catch (error) {
      reject(error);
    }
  }
}
