/**
 * The engine: oidc-provider, loaded only where people log in. Nothing outside this folder knows it.
 */
import { Logger } from '@nestjs/common';

/** All the engine's package exports. */
export type EngineLibrary = typeof import('oidc-provider');

let loading: Promise<EngineLibrary> | undefined;

/** The engine's package; loaded once per process. */
export function engineLibrary(): Promise<EngineLibrary> {
  return (loading ??= load());
}

async function load(): Promise<EngineLibrary> {
  addUrlParse();
  const logger = new Logger('People');
  // What the package says of its surroundings when it is loaded belongs into the log, not beside it.
  const { warn } = console;
  console.warn = (text: unknown) => logger.warn({ event: 'people.engine', warning: String(text) });
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}

/** The one thing of Node 22 that the engine needs and Node 20 does not have. */
function addUrlParse(): void {
  const url = URL as { parse?: (text: string, base?: string) => URL | null };
  url.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
}
