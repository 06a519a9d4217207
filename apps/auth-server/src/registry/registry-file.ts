/** The file that says who may have which token: the documents of the registry, as one. */
import { readConfigFile } from '@countersign/runtime';
import { z } from 'zod';

import {
  clientDocument,
  issuerDocument,
  repeated,
  serviceDocument,
} from './documents/documents.js';

// What a listed client holds is replaced whole: without secrets in the file, it has none.
const client = clientDocument.transform((document) => ({
  ...document,
  secrets: document.secrets ?? [],
}));

const registryFile = z
  .strictObject({
    services: z.array(serviceDocument),
    clients: z.array(client),
    issuers: z.array(issuerDocument).default([]),
  })
  .superRefine(({ services, clients, issuers }, context) => {
    const refuse = (list: string, member: string, at: readonly number[]) => {
      for (const index of at) {
        const path = [list, index, member];
        context.addIssue({ code: 'custom', path, message: 'is there twice' });
      }
    };
    refuse('services', 'name', repeated(services, ['name']));
    refuse('services', 'audience', repeated(services, ['audience']));
    refuse('clients', 'id', repeated(clients, ['id']));
    refuse('issuers', 'name', repeated(issuers, ['name']));
    refuse('issuers', 'issuer', repeated(issuers, ['issuer']));
  });

/** The desired state of a registry. */
export type RegistryFile = z.output<typeof registryFile>;

/**
 * Reads a registry file. Refuses (ConfigError, all problems at once) a file that is missing, is no
 * strict JSON, or holds something the registry may not hold. Whether what it refers to exists is
 * found out when it is applied.
 */
export function readRegistryFile(path: string): Promise<RegistryFile> {
  return readConfigFile('REGISTRY_FILE', path, registryFile);
}
