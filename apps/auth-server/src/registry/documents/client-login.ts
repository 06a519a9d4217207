import { isLoopbackHost } from '@countersign/token';
import { z } from 'zod';

const longestUrl = 2048;

/** Names of parameters that an answer adds to an address. */
const answered = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'];

/** Why a browser may not be sent to an address; undefined where it may. */
function redirectProblem(text: string): string | undefined {
  if (text.length > longestUrl || !URL.canParse(text)) return 'must be an absolute URL';
  const { href, protocol, hostname, username, password, searchParams } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
  if (!isSafe) return 'must be an https URL (http is for loopback hosts only)';
  if (username !== '' || password !== '') return 'must not hold credentials';
  if (text.includes('#')) return 'must not have a fragment';
  if (text.includes('*')) return 'must be one address: a wildcard matches nothing';
  if (href !== text) return `must be in its normal form, ${href}`;
  const taken = answered.find((name) => searchParams.has(name));
  return taken && `must leave the parameter ${taken} to the answer`;
}

const redirectUri = z.string().superRefine((text, context) => {
  const message = redirectProblem(text);
  if (message) context.addIssue({ code: 'custom', message });
});

const redirectUris = z
  .array(redirectUri)
  .max(16)
  .refine((items) => new Set(items).size === items.length, 'holds something twice');

/**
 * How people log in to an application. Addresses are compared as whole texts (RFC 9700 section 2.1):
 * no prefix, no pattern, no other port.
 */
export const clientLogin = z.strictObject({
  /** What people know it by. */
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u, 'must be one line'),
  redirectUris: redirectUris.min(1),
  postLogoutRedirectUris: redirectUris.default([]),
  /** `implied` for an application of the same house: people are not asked what it may do. */
  consent: z.enum(['ask', 'implied']).default('ask'),
});

/** How people log in to an application. */
export type ClientLogin = z.output<typeof clientLogin>;
