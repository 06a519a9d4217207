import type { DecisionRecord, JsonObject } from '@countersign/token';

import { CliError } from '../cli-error.js';
import { objectOf, refusalOf } from '../http/answers.js';
import { obtainToken } from '../http/obtain-token.js';
import { send, type HttpAnswer } from '../http/send.js';
import type { Settings } from '../settings/settings.js';
import type { AskedService } from './asked-services.js';

/** What one service said. */
export type Said =
  | { readonly is: 'found'; readonly record: JsonObject }
  | { readonly is: 'unknown' | 'forgotten' | 'failed'; readonly failure: CliError };

/**
 * Asks all of them at once, each with a token for itself alone, and returns the decision.
 *
 * Without one, fails as the most telling of them did: forgotten before refused, unreachable, unknown.
 */
export async function askDecision(
  settings: Settings,
  services: readonly AskedService[],
  decision: string,
): Promise<JsonObject> {
  const answers = await Promise.all(services.map((one) => ask(settings, one, decision)));
  const found = answers.find((said) => said.is === 'found');
  if (found?.is === 'found') return found.record;
  const failures = answers.filter((said) => said.is !== 'found');
  const order = ['forgotten', 'failed', 'unknown'] as const;
  const [first] = order.flatMap((is) => failures.filter((said) => said.is === is));
  if (first === undefined) throw new CliError('configuration', 'There is no service to ask.');
  const { kind, message, fix, problem } = first.failure;
  const others = failures.filter((said) => said !== first).map(({ failure }) => failure.message);
  const all = [message, ...others].map((text) => text.replace(/\.$/, ''));
  throw new CliError(kind, `${all.join('; ')}.`, { fix, problem });
}

async function ask(settings: Settings, service: AskedService, decision: string): Promise<Said> {
  const { audience, decisions } = service;
  try {
    const { token } = await obtainToken(settings, { audience, scope: 'admin:read' });
    const answer = await send({
      method: 'GET',
      url: `${decisions}/${encodeURIComponent(decision)}`,
      headers: { authorization: `Bearer ${token}` },
      timeout: settings.timeout,
    });
    return answer.status === 200
      ? { is: 'found', record: decisionOf(answer, audience) }
      : notFound(answer, audience);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { is: 'failed', failure: about(audience, error) };
  }
}

function decisionOf({ json }: HttpAnswer, audience: string): JsonObject {
  const record = objectOf(json);
  const { decision, outcome, trace } = record as Partial<DecisionRecord>;
  if (typeof decision === 'string' && typeof outcome === 'string' && Array.isArray(trace))
    return record;
  throw new CliError('unreachable', `${audience} answers with something else than a decision.`, {
    fix: 'Check the address of the service.',
  });
}

function notFound(answer: HttpAnswer, audience: string): Said {
  const { status, json } = answer;
  const code = (json as JsonObject | undefined)?.['code'];
  const problem = json as JsonObject;
  if (status === 410 && code === 'DECISION_FORGOTTEN') {
    const detail = String(problem['detail'] ?? 'it is older than what is kept');
    return {
      is: 'forgotten',
      failure: new CliError('refused', `${audience} no longer has this decision: ${detail}.`, {
        fix: 'Look for the id in its log; or have it keep more decisions (DECISIONS_KEPT).',
        problem,
      }),
    };
  }
  if (status === 404) {
    const isKept = code === 'DECISION_UNKNOWN';
    return {
      is: isKept ? 'unknown' : 'failed',
      failure: new CliError(
        'refused',
        isKept ? `${audience} made no such decision.` : `${audience} keeps no decisions.`,
        {
          fix: isKept
            ? 'Check the id, and that every service that could have made it is named; each replica knows its own decisions only.'
            : 'Import CountersignDecisionsModule into it (DECISIONS_KEPT above 0 in the apps of this project); until then its log holds the id.',
          problem,
        },
      ),
    };
  }
  return { is: 'failed', failure: about(audience, refusalOf(answer)) };
}

function about(audience: string, { kind, message, fix, problem }: CliError): CliError {
  const needed = `Grant the client admin:read for the audience ${audience} (countersign grant add <client> <service> --scope admin:read).`;
  const isForbidden =
    problem?.['code'] === 'SCOPE_MISSING' ||
    ['invalid_scope', 'invalid_target'].includes(String(problem?.['error']));
  return new CliError(kind, `${audience}: ${message}`, {
    fix: isForbidden ? needed : fix,
    problem,
  });
}
