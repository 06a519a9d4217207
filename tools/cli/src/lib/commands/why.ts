import type { JsonWebKey } from 'node:crypto';

import type { Carrier, Json, JsonObject } from '@countersign/token';
import { Option, type Command } from 'commander';

import { CliError } from '../cli-error.js';
import { act, type Invocation } from '../command.js';
import { askDecision } from '../explain/ask-decision.js';
import { askedServices } from '../explain/asked-services.js';
import { decisionLines } from '../explain/decision-lines.js';
import { explainOffline } from '../explain/explain-offline.js';
import { readDocument, readMaps } from '../map/read-files.js';
import { since, wholeValues } from '../options.js';
import { readPrivateText } from '../settings/read-private-text.js';
import type { Terminal } from '../terminal.js';

interface WhyOptions {
  readonly service?: readonly string[];
  readonly tokenFile?: string;
  readonly map?: string;
  readonly keys?: string;
  readonly fetchKeys?: boolean;
  readonly carrier?: Carrier;
  readonly time?: string;
}

const help = `
A refused caller gets a decision id; the service keeps what was looked at, and shows it to who holds
admin:read at its audience. With --token-file a token is explained that nobody has sent yet, by the
access map of the service; a token is never an argument.

Examples:
  countersign why aSoH3xk2P0c5u8Qw
  countersign why aSoH3xk2P0c5u8Qw --service https://census.example/
  countersign why aSoH3xk2P0c5u8Qw --service https://census.example/=http://127.0.0.1:4002/
  countersign why GET /user/42/ --token-file - --map access-maps/census.json --keys jwks.json < token`;

/** `why`: what a service looked at when it decided, or would look at, and what would help. */
export function addWhyCommand(program: Command, terminal: Terminal): void {
  program
    .command('why')
    .argument(
      '<decision>',
      'the decision id that a refused caller got; or, with a token, the method',
    )
    .argument('[path]', 'with a token: where it would be sent')
    .description('why a request was refused: every step, expected, got, and what would help')
    .option(
      '--service <audience[=url]>',
      'a service to ask (repeatable); all that the server knows, unless given',
      wholeValues,
    )
    .option('--token-file <file>', 'explain this token instead; - for standard input')
    .option('--map <file>', 'with a token: the access map of the service')
    .option('--keys <file>', 'with a token: the keys (JWKS) of its issuer')
    .option('--fetch-keys', 'with a token: fetch the keys of its issuer')
    .addOption(
      new Option('--carrier <name>', 'with a token: how it is sent').choices([
        'Bearer',
        'DPoP',
        'JWT',
        'Token',
      ]),
    )
    .option('--time <time>', 'with a token: when, instead of now', since)
    .addHelpText('after', help)
    .action(async (decision: string, path: string | undefined, ...rest: unknown[]) => {
      await act<WhyOptions>(terminal, (invocation, options) =>
        options.tokenFile === undefined
          ? why(invocation, options, decision, path)
          : whyToken(invocation, options, options.tokenFile, decision, path),
      )(...rest);
    });
}

async function why(
  invocation: Invocation,
  options: WhyOptions,
  decision: string,
  path: string | undefined,
): Promise<void> {
  if (path !== undefined || !/^[\w-]{16}$/.test(decision)) {
    throw new CliError('usage', 'A decision id is 16 letters, digits, - and _.', {
      fix: 'Copy the member "decision" of the answer that refused; for METHOD /path give --token-file.',
    });
  }
  const services = await askedServices(invocation, options.service);
  show(invocation, await askDecision(await invocation.settings(), services, decision));
}

async function whyToken(
  invocation: Invocation,
  options: WhyOptions,
  tokenFile: string,
  method: string,
  path: string | undefined,
): Promise<void> {
  const { map: mapFile, keys, carrier, time, fetchKeys = false } = options;
  if (path === undefined || !path.startsWith('/') || mapFile === undefined) {
    throw new CliError('usage', 'A token is explained at METHOD /path of a service with --map.', {
      fix: 'countersign why GET /user/42/ --token-file - --map access-maps/census.json',
    });
  }
  const [map, another] = await readMaps([mapFile]);
  if (map === undefined || another !== undefined)
    throw new CliError('usage', '--map names one access map, of one service.');
  const jwks = keys === undefined ? undefined : await readDocument(keys, keySet);
  const { text } = await readPrivateText(tokenFile, 'token file', invocation.terminal);
  show(
    invocation,
    await explainOffline({
      token: text.trim(),
      method: method.toUpperCase(),
      path,
      map,
      fetchKeys,
      ...(jwks && { jwks }),
      ...(carrier && { carrier }),
      ...(time !== undefined && { time: Date.parse(time) / 1000 }),
    }),
  );
}

/** What a JWKS endpoint answers, or a single key. */
function keySet(json: Json): readonly JsonWebKey[] {
  const { keys, kty } = (json ?? {}) as { keys?: unknown; kty?: unknown };
  if (Array.isArray(keys)) return keys as readonly JsonWebKey[];
  if (typeof kty === 'string') return [json as JsonWebKey];
  throw new TypeError('it is no key set (RFC 7517 section 5)');
}

function show({ output }: Invocation, record: JsonObject): void {
  if (output.isJson) output.json(record);
  else for (const line of decisionLines(record)) output.line(...line);
}
