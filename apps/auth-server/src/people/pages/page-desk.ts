/** What every controller of pages does: reads forms that are ours, sends pages, and never JSON. */
import { randomUUID } from 'node:crypto';

import { HttpException, Logger } from '@nestjs/common';
import { isUnavailable } from '@countersign/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { networkOf } from '../../token/limits/network-of.js';
import { addressOf } from '../../token/client-authentication/client-request.js';
import { parseForm, type FormParameters } from '../../token/parse-form.js';
import type { Place } from '../accounts/known-places.js';
import type { Cookies } from './cookies.js';
import type { FormTokens } from './form-tokens.js';
import { pageHeaders } from './page-headers.js';
import type { Renderer } from './render.js';
import type { Pages } from './templates.js';

/** A form of a page, as far as all of them are alike. */
export interface FormPlace {
  readonly action: string;
  readonly csrf: string;
}

const formCookie = 'form';
const deviceCookie = 'device';
/** Seconds: 180 days, as long as the server remembers. */
const deviceAge = 180 * 86_400;

/** What it works with. */
export interface PageDeskDeps {
  readonly renderer: Renderer;
  readonly tokens: FormTokens;
  readonly cookies: Cookies;
  /** Path of this server's URL, with its final slash. */
  readonly base: string;
}

/** What went wrong in words for a person. */
const texts: Readonly<Record<number, readonly [title: string, text: string]>> = {
  400: ['This page is over', 'Go back to the application you came from, and start again there.'],
  403: [
    'This form cannot be used',
    'It came from somewhere else, or your browser keeps no cookies. Go back, load the page again, and try once more.',
  ],
  404: ['There is nothing here', 'The address is wrong, or what was here is over.'],
  415: ['This cannot be read', 'The form was sent in a way that no browser sends it.'],
  429: ['Too many attempts', 'Wait a while, then try again.'],
  503: ['Not at the moment', 'This server cannot answer right now. Try again in a few seconds.'],
};

/** Shows pages, and takes their forms. */
export class PageDesk {
  private readonly logger = new Logger('PeoplePages');

  constructor(private readonly deps: PageDeskDeps) {}

  /** The address of a path of ours, as browsers need it. */
  address(path: string): string {
    return `${this.deps.base}${path}`;
  }

  /** Runs a handler; what it throws becomes a page. */
  async answer(reply: FastifyReply, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(reply, error);
    }
  }

  /** Sends a page. */
  send<Name extends keyof Pages>(
    reply: FastifyReply,
    status: number,
    name: Name,
    values: Pages[Name],
    formTargets: readonly string[] = [],
  ): void {
    void reply
      .code(status)
      .headers(pageHeaders(formTargets))
      .send(this.deps.renderer.render(name, values));
  }

  /** Where the form of a page is posted to, with its token; gives the browser the cookie for it. */
  form(request: FastifyRequest, reply: FastifyReply, path: string): FormPlace {
    const [form] = this.forms(request, reply, [path]);
    return form as FormPlace;
  }

  /** The same for a page with several forms. */
  forms(
    request: FastifyRequest,
    reply: FastifyReply,
    paths: readonly string[],
  ): readonly FormPlace[] {
    const { tokens, cookies } = this.deps;
    const found = cookies.read(request.headers.cookie, formCookie);
    const cookie = tokens.cookieOf(found);
    if (cookie !== found) addCookie(reply, cookies.write(formCookie, cookie));
    return paths.map((path) => {
      const action = this.address(path);
      return { action, csrf: tokens.make(cookie, action) };
    });
  }

  /**
   * Reads a form that was posted to a path. Refuses (403) one of another site or without its token,
   * (415) what is no form, (400) what is no well-formed one.
   */
  read(request: FastifyRequest, path: string): FormParameters {
    const { body, headers } = request;
    if (!Buffer.isBuffer(body)) throw new HttpException('no form', 415);
    const site = headers['sec-fetch-site'];
    const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (isForeign) throw new HttpException('a form of another site', 403);
    const form = formOf(body);
    const cookie = this.deps.cookies.read(headers.cookie, formCookie);
    if (!this.deps.tokens.isRight(cookie, this.address(path), form.get('csrf'))) {
      throw new HttpException('no token of this form', 403);
    }
    return form;
  }

  /** Where a request comes from, as far as it helps to know somebody again. */
  placeOf(request: FastifyRequest): Place {
    const device = this.deps.cookies.read(request.headers.cookie, deviceCookie);
    const isOurs = device !== undefined && /^[A-Za-z0-9_-]{43}$/.test(device);
    return { device: isOurs ? device : undefined, network: networkOf(request.ip) };
  }

  /** Has the browser keep the secret by which it is known again. */
  keepDevice(reply: FastifyReply, device: string): void {
    addCookie(reply, this.deps.cookies.write(deviceCookie, device, { maxAge: deviceAge }));
  }

  private fail(reply: FastifyReply, error: unknown): void {
    const status = statusOf(error);
    const incident = status === 500 ? randomUUID() : undefined;
    if (incident !== undefined) this.logger.error({ event: 'page.failed', incident, err: error });
    const [title, text] = texts[status] ?? [
      'Something went wrong',
      'This server failed. Whoever runs it finds out why by the code below.',
    ];
    if (status === 503) void reply.header('retry-after', '2');
    this.send(reply, status, 'message', { title, paragraphs: [text], code: incident });
  }
}

/** The address of the sender, for the audit log. */
export const senderOf = (request: FastifyRequest): string => addressOf(request);

/** What nobody could decide is 503; what has no name is a fault of ours. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return Object.hasOwn(texts, status) ? status : status < 500 ? 400 : 500;
  }
  return isUnavailable(error) ? 503 : 500;
}

function formOf(body: Buffer): FormParameters {
  try {
    return parseForm(body);
  } catch {
    throw new HttpException('no well-formed form', 400);
  }
}

/** Adds to the `Set-Cookie` fields that are there. */
export function addCookie(reply: FastifyReply, cookie: string): void {
  const former = reply.getHeader('set-cookie');
  const all = former === undefined ? [] : [former].flat().map(String);
  void reply.removeHeader('set-cookie').header('set-cookie', [...all, cookie]);
}
