/** The whole map of an application, from what its modules were told. Must not know requests. */
import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { AccessMapDocument, MappedRoute } from '@countersign/token';

import { CLIENTS, OPTIONS, RESOLVED_OPTIONS, SERVICE_NAME } from '../constants.js';
import {
  resolveOptions,
  type CountersignOptions,
  type ResolvedOptions,
} from '../countersign.options.js';
import type { ClientsOptions } from '../outbound/countersign-clients.module.js';
import { declaredCalls } from './declared-calls.js';
import { mappedIssuer } from './mapped-issuer.js';
import { valuesOf, type StandIns } from './previewed.js';
import { routesOf } from './routes-of.js';

/** How a map is made. @publicApi */
export interface AccessMapOptions {
  /**
   * For an application that is only previewed: what its factories of options get in place of providers
   * that are not made there, by token.
   */
  readonly standIns?: Iterable<readonly [token: unknown, value: unknown]>;
}

/**
 * The access map of an application: whom it trusts, what its routes demand, whom it calls. Takes one
 * that was initialized, or one that is only previewed: then no provider is made, so no database is
 * opened and nothing is asked for over the network.
 *
 * Holds no key and no secret. What sources of trust add while the application runs is in the map of a
 * running one only.
 *
 * @example
 * const app = await NestFactory.create(AppModule, { preview: true });
 * await writeAccessMap(await accessMapOf(app), 'access-map.json');
 * @throws TypeError for an application without CountersignModule, for a route without a rule, for wrong
 * options, and naming the provider when a preview needs a stand-in for it.
 * @publicApi
 */
export async function accessMapOf(
  app: INestApplicationContext,
  { standIns = [] }: AccessMapOptions = {},
): Promise<AccessMapDocument> {
  const modules = app.get(ModulesContainer, { strict: false });
  const given: StandIns = new Map(standIns);
  const [service] = await valuesOf<string>(modules, SERVICE_NAME, given);
  if (service === undefined)
    throw new TypeError('the application does not import CountersignModule');
  const { audiences, publicUrl, trust, resources } = await optionsOf(app, modules, given);
  const clients = await valuesOf<ClientsOptions['clients']>(modules, CLIENTS, given);
  return {
    version: 1,
    service,
    ...(publicUrl !== undefined && { publicUrl }),
    audiences: { ...audiences },
    trust: trust.issuers.map(mappedIssuer),
    trustSources: trust.sources().map(({ location }) => location),
    calls: clients.flatMap(declaredCalls),
    routes: [...metadataRoutes(resources), ...routesOf(app)],
  };
}

/** What the library serves itself, beside Nest's routes. */
function metadataRoutes(resources: ResolvedOptions['resources']): readonly MappedRoute[] {
  const reason = 'tells how to get a token: whoever asks has none yet';
  return [...(resources?.paths.keys() ?? [])].sort().map((path) => ({
    transport: 'http',
    method: 'GET',
    path,
    handler: 'CountersignModule.resourceMetadata',
    rule: { access: 'public', reason },
  }));
}

/** Those that the guard obeys, with whatever sources of trust have told; of a preview, made for it. */
async function optionsOf(
  app: INestApplicationContext,
  modules: ModulesContainer,
  standIns: StandIns,
): Promise<ResolvedOptions> {
  const running = app.get<ResolvedOptions | null>(RESOLVED_OPTIONS, { strict: false });
  if (running !== null) return running;
  const [options] = await valuesOf<CountersignOptions>(modules, OPTIONS, standIns);
  if (options === undefined) throw new TypeError('CountersignModule has no options');
  return resolveOptions(options);
}
