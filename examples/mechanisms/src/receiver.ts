import {
  AccessError,
  checkBinding,
  checkPossession,
  createAuthenticator,
  createTrustRegistry,
  decide,
  decryptionKeys,
  extractToken,
  memoryReplay,
  systemClock,
  useOnce,
  useProofOnce,
  type ProtectedRule,
  type SenderEvidence,
  type TrustEntry,
} from '@countersign/token';

import { parts, type Call, type Mechanism } from './mechanism.js';

/** What Census trusts, and what its route asks for besides the scope. */
export interface ReceiverOptions {
  readonly trust: TrustEntry;
  readonly decryption?: Parameters<typeof decryptionKeys>[0];
  readonly rule?: Pick<ProtectedRule, 'bound' | 'singleUse' | 'senderConstrained'>;
}

const clockTolerance = 10;
const limits = { publicUrl: parts.census, maxBodyBytes: 1024 };

/** Census without its framework: every step between a request and its handler. */
export function createReceiver(options: ReceiverOptions): Mechanism['receive'] {
  const trust = createTrustRegistry([options.trust], { dpop: true });
  const decryption = options.decryption && decryptionKeys(options.decryption);
  const held = { clock: systemClock, clockTolerance };
  const authenticator = createAuthenticator({ ...held, trust, decryption, maxTokenBytes: 8192 });
  const replay = memoryReplay({ max: 1_000_000 });
  const audiences = { census: parts.census };
  const rule: ProtectedRule = {
    access: 'protected',
    audience: 'census',
    require: [{ kind: 'scopes', match: 'all', scopes: [parts.scope] }],
    ...options.rule,
  };

  return async (call) => {
    const presented = extractToken(call.headers, trust.carriers);
    const { verified, principal } =
      authenticator.recall(presented) ??
      (await authenticator.authenticate(presented, rule.singleUse !== true));
    const evidence = evidenceOf(call, presented);
    const proof = await checkPossession(
      verified,
      evidence,
      { ...held, maxAge: 60 },
      rule.senderConstrained,
    );
    if (rule.bound) checkBinding(rule.bound, verified, requestOf(call), limits, proof);
    const decision = decide(rule, { principal, audiences });
    if (decision.outcome === 'refused') throw new AccessError(decision.code);
    if (proof) await useProofOnce(proof, replay, clockTolerance);
    if (rule.singleUse) await useOnce(verified, replay, clockTolerance);
  };
}

function requestOf({ headers }: Call) {
  const { method, target } = parts;
  return { method, target, headers, content: new Uint8Array() };
}

function evidenceOf(call: Call, presented: SenderEvidence['presented']): SenderEvidence {
  return {
    presented,
    method: parts.method,
    url: () => parts.url,
    proofs: () => call.headers['dpop'] ?? [],
    certificate: () => call.certificate,
  };
}
