/** Which services are asked why: named ones, or all that the authorization server knows. */
import { CliError } from '../cli-error.js';
import type { Invocation } from '../command.js';
import { AdminApi } from '../http/admin-api.js';
import { textOf } from '../http/answers.js';
import { configPath, readConfigFile } from '../settings/config-file.js';
import { serverUrl } from '../settings/server-url.js';

/** A service that keeps decisions. */
export interface AskedService {
  /** The URI its tokens are for. */
  readonly audience: string;
  /** Where its decisions are, without a final slash. */
  readonly decisions: string;
}

const path = 'countersign/decisions';

/**
 * The services named on the command line, in COUNTERSIGN_SERVICES or in the configuration file, each
 * as `audience` or, where it is reached at another address, `audience=url`; without any the
 * authorization server itself and every service it has an audience with an address for.
 */
export async function askedServices(
  invocation: Invocation,
  given: readonly string[] | undefined,
): Promise<readonly AskedService[]> {
  const { env } = invocation.terminal;
  const named =
    given ??
    wordsOf(env['COUNTERSIGN_SERVICES']) ??
    wordsOf((await readConfigFile(configPath(env))).services);
  return named === undefined ? knownServices(invocation) : named.map(serviceAt);
}

function wordsOf(text: string | undefined): readonly string[] | undefined {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return words.length > 0 ? words : undefined;
}

function serviceAt(text: string): AskedService {
  const [audience = '', url = audience] = text.split('=', 2);
  return { audience, decisions: `${serverUrl(url, `The service ${audience}`)}/${path}` };
}

async function knownServices(invocation: Invocation): Promise<readonly AskedService[]> {
  const settings = await invocation.settings();
  const { server, issuer } = settings;
  const itself = { audience: `${issuer}/admin`, decisions: `${server}/admin/decisions` };
  const services = await new AdminApi(settings, 'admin:read')
    .list('services')
    .catch((error: unknown) => {
      throw error instanceof CliError && error.kind === 'refused' ? unnamed(error) : error;
    });
  return [itself, ...services.map((service) => textOf(service, 'audience')).flatMap(reachable)];
}

/** An audience may be any URI: only an address can be asked, and only its owner gets the token. */
function reachable(audience: string): readonly AskedService[] {
  try {
    return [serviceAt(audience)];
  } catch {
    return [];
  }
}

function unnamed(cause: CliError): CliError {
  return new CliError('configuration', 'No service is named to ask.', {
    fix: 'Give --service <audience>, or set COUNTERSIGN_SERVICES; a client with admin:read for the service admin asks every service there is.',
    cause,
  });
}
