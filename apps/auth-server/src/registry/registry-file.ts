/** The file that says who may have which token: what it looks like, and what it must not say. */
import { ConfigError, readConfigFile } from '@countersign/runtime';
import { isCanonicalUri, isUriPrefix } from '@countersign/token';
import { z } from 'zod';

// RFC 6749 section 3.3, without the characters that break a log or a challenge.
const scope = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/, 'must be a scope');
const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a name (a-z, 0-9, -)');
const list = <Item extends z.ZodType>(item: Item) =>
  z.array(item).refine((items) => new Set(items).size === items.length, 'holds something twice');

const service = z.strictObject({
  name,
  audience: z.string().refine(isCanonicalUri, 'must be an absolute URI in its canonical form'),
  scopes: list(scope),
});

const secret = z.strictObject({
  label: z.string().min(1).max(64),
  sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 digest in base64url'),
  expires: z.iso.datetime({ offset: true }).optional(),
});

const grant = z.strictObject({
  service: name,
  scopes: list(scope).min(1),
  subjects: list(
    z.string().refine(isUriPrefix, 'must be a canonical URI that ends in a slash'),
  ).default([]),
});

const client = z.strictObject({
  // Never a URI: a user's `sub` always is one, and neither may pose as the other.
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/, 'must be a client id (letters, digits, . _ ~ -)'),
  secrets: z.array(secret),
  grants: z.array(grant),
});

const registryFile = z
  .strictObject({ services: z.array(service), clients: z.array(client) })
  .superRefine((file, context) => {
    const refuse = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    refuseTwice(file.services, 'name', (at) => refuse(['services', at, 'name'], 'is there twice'));
    refuseTwice(file.services, 'audience', (at) =>
      refuse(['services', at, 'audience'], 'is there twice'),
    );
    refuseTwice(file.clients, 'id', (at) => refuse(['clients', at, 'id'], 'is there twice'));
    file.clients.forEach(({ secrets, grants }, at) => {
      const path = ['clients', at];
      refuseTwice(secrets, 'label', (n) =>
        refuse([...path, 'secrets', n, 'label'], 'is there twice'),
      );
      refuseTwice(grants, 'service', (n) =>
        refuse([...path, 'grants', n, 'service'], 'is there twice'),
      );
    });
  });

/** The desired state of a registry. */
export type RegistryFile = z.output<typeof registryFile>;

function refuseTwice<Item>(items: readonly Item[], key: keyof Item, refuse: (at: number) => void) {
  const seen = new Set<unknown>();
  items.forEach((item, at) => {
    if (seen.has(item[key])) refuse(at);
    seen.add(item[key]);
  });
}

/**
 * Reads a registry file. Refuses (ConfigError, all problems at once) a file that is missing, is no
 * strict JSON, has members it should not have, or gives a service one of the issuer's own URIs.
 */
export async function readRegistryFile(path: string, issuer: string): Promise<RegistryFile> {
  const file = await readConfigFile('REGISTRY_FILE', path, registryFile);
  const reserved = ['', '/', '/admin', '/admin/', '/exchange', '/exchange/'];
  const own = new Set(reserved.map((suffix) => issuer + suffix));
  const posing = file.services.filter(({ audience }) => own.has(audience));
  if (posing.length === 0) return file;
  throw new ConfigError(
    posing.map(({ name }) => `REGISTRY_FILE: services: ${name} has an audience of this server`),
  );
}
