/**
 * What may be written into the registry: one schema for the file, the admin API and the store.
 * Whether the services, scopes and issuers that a document names exist is `checkReferences`'s part.
 */
import type { JsonWebKey } from 'node:crypto';

import { asymmetricAlgorithms, isCanonicalUri, isUriPrefix } from '@countersign/token';
import { z } from 'zod';

import { longestLifetime } from '../longest-lifetime.js';
import { clientCertificate } from './client-certificate.js';
import { clientLogin } from './client-login.js';
import {
  encryptionKeyProblem,
  isCertificateChain,
  isFetchableUrl,
  isIssuerIdentifier,
  isNetwork,
  keyUsesOf,
  verificationKeyProblems,
} from './document-checks.js';

/** Names that belong to this server itself. */
export const reservedNames: readonly string[] = ['admin', 'exchange'];

// RFC 6749 section 3.3, without the characters that break a log or a challenge.
const scope = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/, 'must be a scope');
const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a name (a-z, 0-9, -)');
const scopes = list(scope, 256);
const subjects = list(
  z.string().refine(isUriPrefix, 'must be a canonical URI that ends in a slash'),
  64,
);
const algorithms = list(z.enum(asymmetricAlgorithms), 10);
const networks = list(
  z.string().max(64).refine(isNetwork, 'must be a network such as 10.0.0.0/8'),
  16,
);
const ca = z.string().max(65_536).refine(isCertificateChain, 'must be PEM certificates');
const jwksUri = z.string().refine(isFetchableUrl, 'must be an https URL in its normal form');
// As JSON, what the database cannot keep is an escape: NUL, and halves of surrogate pairs.
const unstorable = /\\u(?:0000|d[89a-f])/i;
const jwk = z
  .record(z.string().max(64), z.json())
  .refine(
    (key) => !unstorable.test(JSON.stringify(key)),
    'holds characters that are none',
  ) as unknown as z.ZodType<JsonWebKey, JsonWebKey>;
const jwks = z.array(jwk).min(1).max(16);
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line');
const reason = line(500).default('');
const anInstant = 'must be a time such as 2027-01-31T12:00:00Z';
/** One spelling per instant: documents are compared. PostgreSQL knows no year 0. */
const instant = z.iso
  .datetime({ offset: true, error: anInstant })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^\d{4}-/.test(text) && !text.startsWith('0000'), anInstant);

function list<Item extends z.ZodType>(item: Item, most: number) {
  return z
    .array(item)
    .max(most)
    .refine((items) => new Set(items).size === items.length, 'holds something twice');
}

/**
 * Whether a text can be the id of a client. Never a URI: a user's `sub` always is one, and neither may
 * pose as the other.
 */
export function isClientId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/.test(text);
}

/** An array whose items are told apart by some of their members. */
function listBy<Item extends z.ZodType>(
  item: Item,
  most: number,
  ...keys: (keyof z.output<Item>)[]
) {
  return z
    .array(item)
    .max(most)
    .superRefine((items, context) => {
      const at = repeated(items, keys);
      const [key] = keys;
      for (const index of at) {
        context.addIssue({
          code: 'custom',
          path: [index, key as PropertyKey],
          message: 'is there twice',
        });
      }
    });
}

/** Positions of items that are like an earlier one in the members that tell them apart. */
export function repeated<Item>(items: readonly Item[], keys: readonly (keyof Item)[]): number[] {
  const seen = new Set<string>();
  return items.flatMap((item, at) => {
    const identity = JSON.stringify(keys.map((key) => item[key]));
    if (seen.has(identity)) return [at];
    seen.add(identity);
    return [];
  });
}

/** A service: what tokens can be meant for. */
export const serviceDocument = z.strictObject({
  name: name.refine((text) => !reservedNames.includes(text), 'belongs to this server'),
  audience: z.string().refine(isCanonicalUri, 'must be an absolute URI in its canonical form'),
  scopes,
  /** Seconds. */
  tokenLifetime: z.int().min(1).max(longestLifetime).optional(),
  algorithm: z.enum(asymmetricAlgorithms).optional(),
  encryptionKey: jwk
    .superRefine((key, context) => {
      const message = encryptionKeyProblem(key);
      if (message) context.addIssue({ code: 'custom', message });
    })
    .optional(),
});

/** A secret that was made elsewhere: only its digest is ever told. */
export const secretDocument = z.strictObject({
  label: line(64).min(1),
  sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 digest in base64url'),
  expires: instant.optional(),
});

/** What a client may do at one service. */
export const grantDocument = z.strictObject({
  service: name,
  scopes: scopes.min(1),
  /** Prefixes of users it may speak for there. */
  subjects: subjects.default([]),
  expires: instant.optional(),
  reason,
});

/** A token for `source` may be exchanged into one for `target`; both are names of services. */
export const edgeDocument = z.strictObject({
  source: name,
  target: name,
  scopes: scopes.min(1),
  impersonation: z.boolean().default(false),
  expires: instant.optional(),
  reason,
});

const identityDocument = z.strictObject({
  /** Name of an issuer of kind `workloads`. */
  issuer: name,
  subject: line(1024).min(1),
});

const clientKeys = z
  .strictObject({
    jwks: jwks.optional(),
    jwksUri: jwksUri.optional(),
    networks: networks.default([]),
    ca: ca.optional(),
  })
  .superRefine((keys, context) => {
    if ((keys.jwks === undefined) === (keys.jwksUri === undefined)) {
      context.addIssue({ code: 'custom', message: 'must have either jwks or jwksUri' });
    }
    if (keys.jwks !== undefined && (keys.networks.length > 0 || keys.ca !== undefined)) {
      context.addIssue({ code: 'custom', message: 'has networks or ca, but fetches nothing' });
    }
  });

/** A client: who may ask for tokens. Without `secrets` it keeps those it has. */
export const clientDocument = z
  .strictObject({
    id: z.string().refine(isClientId, 'must be a client id (letters, digits, . _ ~ -)'),
    service: name.optional(),
    secrets: listBy(secretDocument, 16, 'label').optional(),
    keys: clientKeys.optional(),
    /** What it may sign with; without it, whatever its keys can. */
    algorithms: algorithms.default([]),
    /** How it is recognised when it authenticates by its certificate (RFC 8705 section 2). */
    certificate: clientCertificate.optional(),
    /** How people log in to it; without it, nobody can. */
    login: clientLogin.optional(),
    /** Whether it gets no token without a DPoP proof (RFC 9449 section 5.2). */
    dpopBoundAccessTokens: z.boolean().default(false),
    /** Whether its tokens are bound to its certificate (RFC 8705 section 3.4). */
    certificateBoundAccessTokens: z.boolean().default(false),
    identities: listBy(identityDocument, 64, 'issuer', 'subject').default([]),
    grants: listBy(grantDocument, 512, 'service').default([]),
    onBehalfOf: listBy(edgeDocument, 512, 'source', 'target').default([]),
  })
  .superRefine((client, context) => {
    if (client.keys?.jwks) {
      refuseUnusable(verificationKeyProblems(client.keys.jwks, client.algorithms), context);
    }
    if (client.certificate?.keys && !client.keys?.jwks) {
      const message = 'has no keys.jwks to recognise it by';
      context.addIssue({ code: 'custom', path: ['certificate', 'keys'], message });
    }
  });

/** Somebody else whose tokens are believed, within bounds. */
export const issuerDocument = z
  .strictObject({
    name: name.refine((text) => !reservedNames.includes(text), 'belongs to this server'),
    kind: z.enum(['users', 'workloads']),
    issuer: z
      .string()
      .refine(isIssuerIdentifier, 'must be an https URL or spiffe://<trust domain>'),
    keys: z.strictObject({
      jwks: jwks.optional(),
      jwksUri: jwksUri.optional(),
      discover: z.literal(true).optional(),
    }),
    algorithms: algorithms.min(1),
    /** Seconds. A Kubernetes service-account token may live a year, if its cluster lets it. */
    maxLifetime: z.int().min(1).max(31_622_400),
    subjects: subjects.default([]),
    scopes: scopes.default([]),
    networks: networks.default([]),
    ca: ca.optional(),
  })
  .superRefine((issuer, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { kind, keys, subjects: prefixes } = issuer;
    if (Object.values(keys).filter((value) => value !== undefined).length !== 1) {
      refuse('keys', 'must have exactly one of jwks, jwksUri and discover');
    }
    if (issuer.issuer.startsWith('spiffe:')) {
      if (kind !== 'workloads') refuse('issuer', 'a SPIFFE trust domain names workloads only');
      if (keys.discover) refuse('keys', 'a SPIFFE trust domain cannot be discovered');
    }
    if (kind === 'workloads' && prefixes.length > 0)
      refuse('subjects', 'workloads speak for no users');
    if (kind === 'workloads' && issuer.scopes.length > 0) {
      refuse('scopes', 'a workload has what its client was granted');
    }
    if (kind === 'users' && issuer.maxLifetime > 86_400)
      refuse('maxLifetime', 'must be a day at most');
    if (keys.jwks) {
      const uses = keyUsesOf(issuer.issuer);
      refuseUnusable(verificationKeyProblems(keys.jwks, issuer.algorithms, uses), context);
    }
  });

function refuseUnusable(
  problems: ReturnType<typeof verificationKeyProblems>,
  context: z.core.$RefinementCtx,
): void {
  for (const { at, message } of problems) {
    context.addIssue({ code: 'custom', path: ['keys', 'jwks', at], message });
  }
}

/** A service as a document. */
export type ServiceDocument = z.output<typeof serviceDocument>;
/** A secret's digest as a document. */
export type SecretDocument = z.output<typeof secretDocument>;
/** A grant as a document. */
export type GrantDocument = z.output<typeof grantDocument>;
/** An on-behalf-of edge as a document. */
export type EdgeDocument = z.output<typeof edgeDocument>;
/** A client as a document. */
export type ClientDocument = z.output<typeof clientDocument>;
/** A trusted issuer as a document. */
export type IssuerDocument = z.output<typeof issuerDocument>;
