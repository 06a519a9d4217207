/** Mechanisms in which the caller signs a token of its own for each call. */
import { createSecretKey, randomBytes } from 'node:crypto';

import {
  createSigner,
  generateSigningKey,
  selfIssuedTokens,
  servicePeer,
  sharedSecret,
  type AsymmetricAlgorithm,
  type Signer,
} from '@countersign/token';

import { parts, type Call, type Judgement, type Mechanism } from '../mechanism.js';
import { createReceiver, type ReceiverOptions } from '../receiver.js';

const { herald, census, method, url, scope } = parts;
const trusted = { issuer: herald, mayAssert: [scope] };

/** A secret that both sides know. */
export async function hs256(): Promise<Mechanism> {
  const secret = randomBytes(32);
  const signerOf = (bytes: Buffer): Signer =>
    createSigner({ algorithm: 'HS256', privateKey: createSecretKey(bytes) });
  return selfSigned({
    name: 'HS256, a shared secret',
    own: signerOf(secret),
    foreign: signerOf(randomBytes(32)),
    receiver: { trust: sharedSecret('herald', { ...trusted, secret }) },
    judgement: {
      forger: 'either side, and whoever breaks into one of them',
      stolen: 'this receiver, until `exp` (a minute)',
      ended: 'a new secret on both sides at once',
      choose: 'two programs of one owner, for a while',
    },
  });
}

/** A key pair of the caller, for each algorithm. */
export async function keyPair(algorithm: AsymmetricAlgorithm): Promise<Mechanism> {
  return selfSigned({
    name: `${algorithm}, a key of the caller`,
    ...(await keysOf(algorithm)),
    judgement: {
      forger: "the caller, and whoever has its key: in the caller's name only",
      stolen: 'this receiver, until `exp` (a minute)',
      ended: 'the key leaves the key set',
      choose: reasons[algorithm] ?? '',
    },
  });
}

const reasons: Partial<Record<AsymmetricAlgorithm, string>> = {
  RS256: 'the receiver knows nothing else; many receivers for each signature',
  PS256: 'a rule asks for RSA, and for PSS',
  ES256: 'services that call each other, also while no server is there to ask',
  EdDSA: 'as ES256, where everybody knows it',
};

/** The strongest of them: good for this very request, once. */
export async function requestBound(): Promise<Mechanism> {
  const { own, foreign, receiver } = await keysOf('ES256');
  const rule = { bound: 'request', singleUse: true } as const;
  const mechanism = selfSigned({
    name: 'ES256, bound to the request, once',
    own,
    foreign,
    receiver: { ...receiver, rule },
    isBound: true,
    judgement: {
      forger: "the caller, and whoever has its key: in the caller's name only",
      stolen: 'nothing: it was used, and is for one method, URL and body',
      ended: 'the key leaves the key set',
      choose: 'calls that change something, through proxies and queues that could change them',
    },
  });
  const elsewhere = selfIssuedTokens({ issuer: herald, signer: own });
  return {
    ...mechanism,
    refusal: 'REQUEST_MISMATCH',
    // By who took a good token off the wire, and has not used it yet.
    forge: async () => {
      const request = { method: 'DELETE', url };
      const body = new Uint8Array();
      return bearer(await elsewhere.token({ audience: census, scopes: [scope], request, body }));
    },
  };
}

interface SelfSigned {
  readonly name: string;
  readonly own: Signer;
  /** Of somebody else, who gives it the same name. */
  readonly foreign: Signer;
  readonly receiver: ReceiverOptions;
  readonly isBound?: boolean;
  readonly judgement: Judgement;
}

function selfSigned({ name, own, foreign, receiver, isBound, judgement }: SelfSigned): Mechanism {
  const request = isBound ? { request: { method, url }, body: new Uint8Array() } : {};
  const callWith = (signer: Signer) => {
    const tokens = selfIssuedTokens({ issuer: herald, signer });
    return async () =>
      bearer(await tokens.token({ audience: census, scopes: [scope], ...request }));
  };
  return {
    name,
    issuer: 'none',
    caller: async () => ({ call: callWith(own) }),
    receive: createReceiver(receiver),
    forge: callWith(foreign),
    refusal: 'SIGNATURE_INVALID',
    ...judgement,
  };
}

async function keysOf(algorithm: AsymmetricAlgorithm) {
  const [{ privateJwk, publicJwk }, other] = await Promise.all([
    generateSigningKey(algorithm),
    generateSigningKey(algorithm),
  ]);
  const { kid } = privateJwk;
  const jwks = [publicJwk];
  const trust = servicePeer('herald', { ...trusted, jwks, algorithms: [algorithm] });
  return {
    own: createSigner({ algorithm, kid, privateKey: privateJwk }),
    foreign: createSigner({ algorithm, kid, privateKey: { ...other.privateJwk, kid } }),
    receiver: { trust },
  };
}

/** A call with a token in its usual place. */
export function bearer(token: string): Call {
  return { headers: { authorization: [`Bearer ${token}`] } };
}
