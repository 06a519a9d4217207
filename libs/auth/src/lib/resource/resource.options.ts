/** What the service tells of itself as a protected resource (RFC 9728), resolved once. */
import { checkOption, refuseUnknownOptions } from '@countersign/token';

/** What protected-resource metadata say beside what options and rules tell already. @publicApi */
export interface ResourceMetadataOptions {
  /** The service's name for people. */
  readonly name?: string;
  /** Where its interface is documented: an absolute URL. */
  readonly documentation?: string;
  /** Whether client certificates reach the application: TLS ends here, or a proxy hands them on. */
  readonly clientCertificates?: boolean;
}

/** One audience that is told of, and where. @internal */
export interface ResolvedResource {
  /** The `resource`: the URI of the audience, exactly. */
  readonly audience: string;
  /** Where its metadata are found. */
  readonly url: string;
  /** The path of that. */
  readonly path: string;
}

/** All of them, by the names of audiences. @internal */
export interface ResolvedResources extends ResourceMetadataOptions {
  readonly byName: ReadonlyMap<string, ResolvedResource>;
  /** Path of this application -> name of the audience that is told of there. */
  readonly paths: ReadonlyMap<string, string>;
}

const wellKnown = '/.well-known/oauth-protected-resource';

// What no router takes for a pattern.
const plainPath = /^[A-Za-z0-9\-._~/]*$/;

/**
 * Where the metadata of the audiences lie: those at the origin of the service, which alone may speak for
 * them (RFC 9728 section 3.1).
 * @throws TypeError naming the option that is wrong.
 * @internal
 */
export function resolveResources(
  options: ResourceMetadataOptions | 'off' | undefined,
  audiences: Readonly<Record<string, string>>,
  publicUrl: string | undefined,
): ResolvedResources | undefined {
  if (options === undefined || options === 'off') return undefined;
  refuseUnknownOptions(options, { name: true, documentation: true, clientCertificates: true });
  const { name, documentation, clientCertificates } = options;
  checkOption(publicUrl !== undefined, 'publicUrl', 'be set for resourceMetadata');
  checkOption(
    name === undefined || (typeof name === 'string' && name !== ''),
    'resourceMetadata.name',
    'be a text',
  );
  checkOption(
    documentation === undefined || isWebUrl(documentation),
    'resourceMetadata.documentation',
    'be an http(s) URL',
  );
  checkOption(
    [undefined, true, false].includes(clientCertificates),
    'resourceMetadata.clientCertificates',
    'be true or false',
  );
  const { origin } = new URL(publicUrl as string);
  const byName = new Map<string, ResolvedResource>();
  for (const [key, audience] of Object.entries(audiences))
    if (new URL(audience).origin === origin) byName.set(key, resourceOf(key, audience));
  checkOption(
    byName.size > 0,
    'audiences',
    'have one at the origin of publicUrl for resourceMetadata',
  );
  return Object.freeze({ ...options, byName, paths: pathsOf(byName, publicUrl as string) });
}

/**
 * Each at its own path; and what the service is known under outside at the root as well, since that path
 * may be taken off on the way, as it is for the routes.
 */
function pathsOf(
  byName: ReadonlyMap<string, ResolvedResource>,
  publicUrl: string,
): ReadonlyMap<string, string> {
  const paths = new Map([...byName].map(([name, { path }]) => [path, name]));
  const own = [...byName].find(
    ([, { audience }]) => audience === publicUrl || audience === `${publicUrl}/`,
  );
  if (own !== undefined && !paths.has(wellKnown)) paths.set(wellKnown, own[0]);
  return paths;
}

const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

function resourceOf(name: string, audience: string): ResolvedResource {
  const { origin, pathname, search, hash } = new URL(audience);
  checkOption(
    plainPath.test(pathname) && search === '' && hash === '',
    `audiences.${name}`,
    'be a URL with a path of letters, digits and -._~/ for resourceMetadata',
  );
  // Section 3.1: of a resource without a path, its final slash goes.
  const path = `${wellKnown}${pathname === '/' ? '' : pathname}`;
  return Object.freeze({ audience, path, url: `${origin}${path}` });
}
