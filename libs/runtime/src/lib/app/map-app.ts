import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { accessMapOf, type AccessMapOptions } from '@countersign/auth';
import type { AccessMapDocument } from '@countersign/token';

import type { BaseConfig } from '../config/base-config.js';
import { rootModule } from './root-module.js';
import type { AppOptions } from './start-app.js';

/** The app whose map is made, as it is started. @publicApi */
export interface MapOptions<Config extends BaseConfig>
  extends Pick<AppOptions<Config>, 'config' | 'module'>, AccessMapOptions {}

/**
 * The access map of an app that is not started: nothing is opened, and nothing is asked for. The
 * addresses in it are those of the configuration.
 * @throws TypeError as `accessMapOf` does.
 * @publicApi
 */
export async function mapApp<Config extends BaseConfig>(
  options: MapOptions<Config>,
): Promise<AccessMapDocument> {
  const app = await NestFactory.create(rootModule(options), new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: ['error', 'fatal'],
  });
  return accessMapOf(app, options);
}
