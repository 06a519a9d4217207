import type { AddressInfo } from 'node:net';

import type { INestApplication } from '@nestjs/common';
import type { Clock, Duration } from '@countersign/token';

import { anActor, clientNamed, SOME_CLIENT, type Actor } from './actor.js';
import { accessAttack, type AccessAttack, type RouteRequest } from './attempt.js';
import { planAttacks } from './plan-attacks.js';
import { httpRoutesOf, inWords, type AccessMap, type RouteAccess } from './route-access.js';
import { send } from './send.js';
import type { Tampering } from './tampering.js';
import { credentialsOf } from './test-credentials.js';
import { contentOf, testCaller, type TestCaller } from './test-request.js';
import { TestTrust, type Speaker } from './test-trust.js';

/** As whom, and with what, a test calls. @publicApi */
export interface CallAs {
  /** The user: a whole URI, or a path below the audience. Without it a service of its own right. */
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** Its name in the options of the application; needed where there are several. */
  readonly audience?: string;
  /** The trust entry whose token it is, where the caller's name does not tell. */
  readonly via?: string;
  /** What is wrong with an otherwise good token. */
  readonly tampered?: Tampering;
  /** Binds the token to a key and proves that the caller holds it (RFC 9449). */
  readonly senderConstrained?: boolean;
}

/** How attacks are made. @publicApi */
export interface AttackOptions {
  /** The user to speak for: a whole URI, or a path below the audience. */
  readonly subject?: string;
  /** The id of the client that asks, where a rule names none: one that the application looks up. */
  readonly client?: string;
  /** `GET /user/:id` -> what to ask it with. */
  readonly requests?: Readonly<Record<string, RouteRequest>>;
  /** The rules to hold the application to, such as reviewed ones from a file; its own unless told. */
  readonly routes?: readonly RouteAccess[];
}

/** A clock that stands still until told. @publicApi */
export interface AccessClock extends Clock {
  advance(duration: Duration): void;
}

/**
 * Access tests of one running application: calls over a real socket, with real signatures, through
 * the real guard.
 *
 * @example
 * const app = await NestFactory.create(trustTestIssuers(AppModule));
 * const t = await CountersignTest.for(app);
 * await t.as('herald', { subject: '/user/42/', scopes: ['users:read'] }).get('/user/42/').expect(200);
 * await t.tampered('audience').get('/user/42/').expect(401, 'AUDIENCE_MISMATCH');
 * @publicApi
 */
export class CountersignTest {
  private constructor(
    private readonly app: INestApplication,
    private readonly trust: TestTrust,
    /** Where the application listens, without a final slash. */
    readonly url: string,
  ) {}

  /**
   * Takes up an application that was started from `trustTestIssuers()`; has it listen on a free port
   * of 127.0.0.1 unless it listens. Closing it stays with whoever made it.
   * @throws TypeError for an application that trusts its own issuers: nobody here has their keys.
   */
  static async for(app: INestApplication): Promise<CountersignTest> {
    const server = app.getHttpServer() as { listening: boolean; address(): AddressInfo };
    const trust = trustOf(app);
    if (!server.listening) await app.listen(0, '127.0.0.1');
    return new CountersignTest(app, trust, `http://127.0.0.1:${server.address().port}`);
  }

  /** The clock of application and tokens. */
  get clock(): AccessClock {
    return this.trust.clock;
  }

  /**
   * Somebody who calls: a service that signs its own tokens, by its name in the trust list, or a
   * client of the authorization server, by the name the application knows it by, or by its client id.
   * @throws TypeError when it is not clear whose token that is, or for which audience.
   */
  as(caller: string, call: CallAs = {}): TestCaller {
    const audience = this.#audience(call.audience);
    const subject = call.subject === undefined ? undefined : wholeUri(call.subject, audience);
    const actor = { ...this.#actor(caller, call.via), subject, scopes: call.scopes ?? [] };
    return this.#caller(actor, audience, call);
  }

  /** Somebody trusted, whose token is good but for this. */
  tampered(tampering: Tampering): TestCaller {
    const [speaker] = this.trust.speakers;
    if (speaker === undefined) throw new TypeError('the application trusts nobody who can sign');
    return this.#caller(anActor(speaker), this.#audience(undefined), { tampered: tampering });
  }

  /** Somebody without a token. */
  anonymous(): TestCaller {
    return this.#caller(undefined, '', {});
  }

  /** Every route and its rule: data, to be kept and compared. */
  routes(): readonly RouteAccess[] {
    return httpRoutesOf(this.app);
  }

  /** Every route and its rule in words, for snapshots. */
  accessMap(): AccessMap {
    return inWords(this.routes());
  }

  /** Every attack that follows from the rules: negative tests, and one that each way in is open. */
  attacks(options: AttackOptions = {}): AccessAttack[] {
    const { subject, client = SOME_CLIENT, requests = {}, routes = this.routes() } = options;
    const { speakers, audiences, publicUrl, rehearsal } = this.trust;
    const arena = { url: this.url, publicUrl, rehearsal };
    return routes.flatMap((route) => {
      const audience = route.rule.access === 'public' ? undefined : audiences[route.rule.audience];
      const user = subject && audience && wholeUri(subject, audience);
      const cast = { speakers, subject: user, publicUrl, client };
      return planAttacks(route, audiences, cast).map((plan) =>
        accessAttack(plan, arena, requests[route.route] ?? {}),
      );
    });
  }

  #caller(
    actor: Actor | undefined,
    audience: string,
    { tampered, senderConstrained: isConstrained }: CallAs,
  ): TestCaller {
    const { publicUrl } = this.trust;
    return testCaller((method, target, options) => {
      const { content, headers } = contentOf(options);
      const occasion = { audience, method, target, content, publicUrl, isConstrained };
      const credentials = actor && credentialsOf(actor, { ...occasion, tampering: tampered });
      const fields = { ...headers, ...options.headers, ...credentials };
      return send(this.url, { method, target, headers: fields, content });
    });
  }

  #audience(name: string | undefined): string {
    const { audiences } = this.trust;
    const names = name === undefined ? Object.keys(audiences) : [name];
    const uri = names.length === 1 ? audiences[names[0] as string] : undefined;
    if (uri === undefined)
      throw new TypeError(`audience must be one of ${Object.keys(audiences).join(', ')}`);
    return uri;
  }

  #actor(caller: string, via: string | undefined): Actor {
    const { speakers } = this.trust;
    const peer = speakers.find(({ entry }) => isPeer(entry) && entry.name === caller);
    if (peer !== undefined && via === undefined) return anActor(peer);
    const servers = speakers.filter(({ entry }) => !isPeer(entry));
    const named = servers.filter(({ entry }) => (via ?? entry.name) === entry.name);
    const knowing = named.filter((server) => clientNamed(server, caller) !== undefined);
    const [server, ...others] = knowing.length > 0 ? knowing : named;
    if (server === undefined || others.length > 0)
      throw new TypeError(`whose token does ${caller} have? Say via: ${namesOf(speakers)}`);
    return anActor(server, clientNamed(server, caller) ?? caller);
  }
}

function trustOf(app: INestApplication): TestTrust {
  try {
    return app.get(TestTrust, { strict: false });
  } catch (cause) {
    const message = 'this application trusts its own issuers: start it from trustTestIssuers()';
    throw new TypeError(message, { cause });
  }
}

const isPeer = ({ kind }: Speaker['entry']): boolean => kind === 'service-peer';

const namesOf = (speakers: readonly Speaker[]): string =>
  speakers.map(({ entry }) => entry.name).join(' or ');

/** Below the whole audience: its path is part of it. */
const wholeUri = (subject: string, audience: string): string =>
  subject.startsWith('/') ? audience.replace(/\/$/, '') + subject : subject;
