/** The services of a fleet, and who is who among them. Must not know rules, files or output. */
import type { AccessMapDocument, MappedIssuer } from '@countersign/token';

import type { RegisteredClient, RegisteredGrant, Registry } from './registry.js';

/** The authorization server itself, below its own URL. */
const builtIn: readonly string[] = ['admin', 'exchange'];

/** What a map is drawn from. */
export class Fleet {
  constructor(
    readonly maps: readonly AccessMapDocument[],
    /** Undefined where nobody told: then nothing is known of what was granted. */
    readonly registry: Registry | undefined,
  ) {
    const names = maps.map(({ service }) => service);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new TypeError(`two access maps are of the service ${twice}`);
  }

  service(name: string): AccessMapDocument | undefined {
    return this.maps.find(({ service }) => service === name);
  }

  /** The service that tokens for this audience are meant for. */
  serviceFor(audience: string): AccessMapDocument | undefined {
    return this.maps.find(({ audiences }) => Object.values(audiences).includes(audience));
  }

  /** The audience of a registered service; `admin` and `exchange` lie below the server's own URL. */
  audienceOf(service: string): string | undefined {
    const registered = this.registry?.services.find(({ name }) => name === service);
    if (registered !== undefined) return registered.audience;
    if (!builtIn.includes(service)) return undefined;
    const own = this.maps.flatMap(({ audiences }) => Object.values(audiences));
    return own.find((uri) => uri.endsWith(`/${service}`) && this.#isServer(uri, service));
  }

  /** The name at the authorization server of the service with this audience. */
  registeredFor(audience: string): string | undefined {
    const registered = this.registry?.services.find((service) => service.audience === audience);
    return registered?.name ?? builtIn.find((name) => this.audienceOf(name) === audience);
  }

  client(id: string): RegisteredClient | undefined {
    return this.registry?.clients.find((client) => client.id === id);
  }

  /** Grants for an audience, with who holds each. */
  grantsFor(audience: string): readonly (readonly [RegisteredClient, RegisteredGrant])[] {
    return (this.registry?.clients ?? []).flatMap((client) =>
      client.grants
        .filter(({ service }) => this.audienceOf(service) === audience)
        .map((grant) => [client, grant] as const),
    );
  }

  /** What a client is called in the map: its service, where it is one. */
  nameOfClient({ id, service }: RegisteredClient): string {
    if (service !== undefined) return this.#serviceRegisteredAs(service) ?? service;
    const caller = this.maps.find(({ calls }) =>
      calls.some(({ asSelf = [], asSubject = [] }) =>
        [...asSelf, ...asSubject].some((origin) => 'client' in origin && origin.client === id),
      ),
    );
    return caller?.service ?? id;
  }

  /** Who signs as this issuer: the service whose calls say so or whose URL it is, else our name for it. */
  nameOfPeer({ issuer, name }: Pick<MappedIssuer, 'issuer' | 'name'>): string {
    const signer = this.maps.find(
      ({ publicUrl, calls }) =>
        publicUrl === issuer ||
        calls.some(({ asSelf = [], asSubject = [] }) =>
          [...asSelf, ...asSubject].some(
            (origin) => origin.grant === 'self-issued' && origin.issuer === issuer,
          ),
        ),
    );
    return signer?.service ?? name;
  }

  /** The clients that a service is at the authorization server. */
  clientsOf(service: string): readonly RegisteredClient[] {
    return (this.registry?.clients ?? []).filter((client) => this.nameOfClient(client) === service);
  }

  #serviceRegisteredAs(name: string): string | undefined {
    const audience = this.audienceOf(name);
    return audience === undefined ? undefined : this.serviceFor(audience)?.service;
  }

  #isServer(uri: string, service: string): boolean {
    const issuer = uri.slice(0, -service.length - 1);
    return this.maps.some(({ trust }) => trust.some((entry) => entry.issuer === issuer));
  }
}
