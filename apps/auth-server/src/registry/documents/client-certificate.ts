import { z } from 'zod';

import { comparableName } from './distinguished-name.js';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const hostName = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`);

/**
 * By what the certificate of a client is recognised: by one of three names if an authority vouches
 * for it (`tls_client_auth`, RFC 8705 section 2.1.2), or by itself or its key if nobody does
 * (`self_signed_tls_client_auth`, section 2.2).
 */
export const clientCertificate = z
  .strictObject({
    subject: z
      .string()
      .max(1024)
      .refine((text) => comparableName(text) !== undefined, {
        message: 'must be a distinguished name such as CN=web,O=Example',
      })
      .optional(),
    /** Lower case; no wildcard. */
    dns: z.string().regex(hostName, 'must be a host name in lower case').optional(),
    uri: z
      .string()
      .max(2048)
      .regex(
        /^[a-z][a-z0-9+.-]*:\/\/[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/,
        'must be an absolute URI',
      )
      .optional(),
    /** `x5t#S256`: SHA-256 of the certificate in DER. */
    thumbprints: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 digest in base64url'))
      .min(1)
      .max(16)
      .refine((items) => new Set(items).size === items.length, 'holds something twice')
      .optional(),
    /** Its key is one of `keys.jwks`. */
    keys: z.literal(true).optional(),
  })
  .refine((names) => Object.values(names).filter((one) => one !== undefined).length === 1, {
    message: 'must have exactly one of subject, dns, uri, thumbprints and keys',
  });
