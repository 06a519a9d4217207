import { BadRequestException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InteractionResults } from 'oidc-provider';

import type { AskedScope } from './engine/engine-clients.js';
import { engineMessages } from './engine/engine-exchange.js';
import { addScopes } from './engine/engine-grants.js';
import type { PeopleEngine } from './engine/people-engine.js';
import type { PeopleAudit } from './people-audit.js';
import type { NamedClient } from './people-pages.js';

/** What a person has to do before an application gets an answer. */
export interface InteractionDetails {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  /** Why, in words of the engine: `no_session`, `login_prompt`, `max_age`, `rs_scopes_missing`, … */
  readonly reasons: readonly string[];
  readonly client: NamedClient;
  /** Origins that the browser is sent to afterwards: for `form-action`, beside `'self'`. */
  readonly formTargets: readonly string[];
  /** Who is logged in in this browser already. */
  readonly subject: string | undefined;
  /** What is asked for and not granted yet. */
  readonly scopes: readonly AskedScope[];
  /** Who it may be, as the application says; any text. */
  readonly loginHint: string | undefined;
  /** Languages, the best first (BCP 47, with spaces between them); any text. */
  readonly uiLocales: string | undefined;
}

/** What a person did. */
export type InteractionResult =
  | { readonly login: { readonly subject: string; readonly amr?: readonly string[] } }
  /** Everything that was asked for, unless told. */
  | { readonly consent: { readonly scopes?: readonly string[] } }
  | { readonly error: 'access_denied'; readonly description?: string };

type Found = Awaited<ReturnType<PeopleEngine['provider']['interactionDetails']>>;

/** The pages of a login as the engine sees them. */
export class Interactions {
  constructor(
    private readonly engine: PeopleEngine,
    private readonly audit: PeopleAudit,
  ) {}

  /**
   * What this browser is asked. Rejects (400) when it was asked nothing, or too long ago: its cookie is
   * there for the address of the one interaction only, and never sent with a form of another site.
   */
  async details(request: FastifyRequest): Promise<InteractionDetails> {
    const found = await this.find(request);
    const clientId = String(found.params['client_id']);
    const client = this.engine.parts.clients.named(clientId);
    if (!client) throw gone();
    const { name, reasons, details } = found.prompt;
    if (name !== 'login' && name !== 'consent') throw gone();
    return {
      uid: found.uid,
      prompt: name,
      reasons,
      client,
      formTargets: [new URL(String(found.params['redirect_uri'])).origin],
      subject: found.session?.accountId,
      scopes: this.engine.parts.clients.asked(clientId, missingScopes(details)),
      loginHint: textOf(found.params['login_hint']),
      uiLocales: textOf(found.params['ui_locales']),
    };
  }

  /**
   * Tells the engine what the person did, and sends the browser on. Refuses (400) an answer to
   * another question than the one that was asked.
   */
  async finish(
    request: FastifyRequest,
    reply: FastifyReply,
    result: InteractionResult,
  ): Promise<void> {
    const found = await this.find(request);
    const told = await this.resultOf(found, result);
    const { request: req, response: res } = this.messages(request);
    const returnTo = await this.engine.provider.interactionResult(req, res, told);
    this.record(request, found, result);
    void reply.code(303).headers({ location: returnTo, 'cache-control': 'no-store' }).send();
  }

  private async resultOf(found: Found, result: InteractionResult): Promise<InteractionResults> {
    if ('error' in result) {
      const { error, description = 'the person refused' } = result;
      return { error, error_description: description };
    }
    if ('login' in result) {
      if (found.prompt.name !== 'login') throw gone();
      const { subject, amr = [] } = result.login;
      return { login: { accountId: subject, amr: [...amr] } };
    }
    if (found.prompt.name !== 'consent') throw gone();
    return { consent: { grantId: await this.grant(found, result.consent.scopes) } };
  }

  private async grant(found: Found, scopes: readonly string[] | undefined): Promise<string> {
    const { Grant } = this.engine.provider;
    const { accountId } = found.session ?? {};
    const clientId = String(found.params['client_id']);
    if (accountId === undefined) throw gone();
    const before = found.grantId === undefined ? undefined : await Grant.find(found.grantId);
    const grant = before ?? new Grant({ accountId, clientId });
    if (grant.accountId !== accountId || grant.clientId !== clientId) throw gone();
    const asked = missingScopes(found.prompt.details);
    const wanted = String(found.params['scope'] ?? '').split(' ');
    const all = asked.length > 0 ? asked : wanted;
    const granted = scopes === undefined ? all : all.filter((scope) => scopes.includes(scope));
    addScopes(grant, granted, this.engine.parts);
    const rejected = all.filter((scope) => !granted.includes(scope));
    if (rejected.length > 0) {
      grant.rejectOIDCScope(rejected.join(' '));
      grant.rejectResourceScope(this.engine.parts.exchange, rejected.join(' '));
    }
    return grant.save();
  }

  private async find(request: FastifyRequest): Promise<Found> {
    const { request: req, response: res } = this.messages(request);
    try {
      const found = await this.engine.provider.interactionDetails(req, res);
      const { uid } = request.params as { readonly uid?: string };
      if (uid === found.uid) return found;
    } catch (error) {
      const { SessionNotFound } = this.engine.parts.library.errors;
      if (!(error instanceof SessionNotFound)) throw error;
    }
    throw gone();
  }

  private messages({ method, url, headers }: FastifyRequest) {
    return engineMessages({ method, path: url, headers: { cookie: headers.cookie } }, '');
  }

  private record(request: FastifyRequest, found: Found, result: InteractionResult): void {
    const client = String(found.params['client_id']);
    if ('login' in result) {
      this.audit.record('people.login', request, { client, subject: result.login.subject });
    } else if ('consent' in result) {
      const subject = found.session?.accountId;
      this.audit.record('people.consent', request, { client, subject });
    } else {
      const subject = found.session?.accountId;
      this.audit.record('people.refused', request, { client, subject, code: result.error });
    }
  }
}

/** A page that was left open too long, or of another browser. */
function gone(): BadRequestException {
  return new BadRequestException('This login is over: start again where you came from');
}

function missingScopes(details: Record<string, unknown>): readonly string[] {
  const aboutPerson = (details['missingOIDCScope'] ?? []) as readonly string[];
  const ofServices = Object.values(
    (details['missingResourceScopes'] ?? {}) as Record<string, readonly string[]>,
  ).flat();
  return [...new Set([...aboutPerson, ...ofServices])];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
