/** Parts of a client's document, as the admin API takes them alone. */
import { z } from 'zod';

import { clientDocument, secretDocument } from '../../registry/documents/documents.js';

/** What a secret that is to be made is called, and when it ends. */
export const newSecretDocument = secretDocument.pick({ label: true, expires: true });
/** A secret to be made. */
export type NewSecret = z.output<typeof newSecretDocument>;

const { keys, identities } = clientDocument.shape;

/** Where a client's public keys are. */
export const keysDocument = keys.unwrap();
/** A client's public keys. */
export type KeysDocument = z.output<typeof keysDocument>;

/** The workloads a client is, all of them. */
export const identitiesDocument = z.strictObject({ identities: identities.unwrap() });
/** A client's identities. */
export type IdentitiesDocument = z.output<typeof identitiesDocument>;
