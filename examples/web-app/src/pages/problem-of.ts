import { HttpException } from '@nestjs/common';
import { ServiceCallError } from '@countersign/auth';
import { TokenAcquisitionError } from '@countersign/token';

import { LoginError, type LoginFailure } from '../login/login-error.js';
import type { Problem } from './problem.page.js';

const home = { href: '/', label: 'Back to the start' };
const again = { href: '/login', label: 'Log in' };
const retry = { href: '/notifications', label: 'Try again' };

const logins: Readonly<Record<LoginFailure, Problem>> = {
  denied: {
    status: 403,
    title: 'You are not logged in',
    text: 'You did not let this application act for you. It has nothing of you, and does nothing.',
    action: home,
  },
  expired: {
    status: 400,
    title: 'This log-in is over',
    text: 'It was finished already, took longer than ten minutes, or was begun in another browser.',
    action: again,
  },
  refused: {
    status: 400,
    title: 'You are not logged in',
    text: 'What came back from the log-in page does not belong to a log-in that you began here.',
    action: again,
  },
  unavailable: {
    status: 503,
    title: 'Logging in does not work right now',
    text: 'The log-in service gives no answer. It is nothing that you did; try again in a moment.',
    action: again,
  },
};

const unavailable: Problem = {
  status: 503,
  title: 'This does not work right now',
  text: 'A service behind this page gives no answer. Nothing is lost; try again in a moment.',
  action: retry,
};

const unknown: Problem = {
  status: 500,
  title: 'Something went wrong',
  text: 'It is our fault, not yours. Whoever runs this finds the reason in the log.',
  action: home,
};

const clientErrors: Readonly<Record<number, string>> = {
  403: 'This form is not one of this session. Go back to the start and try again.',
  404: 'There is no such page.',
  413: 'That is more than this application takes.',
};

/** What a failure is to the person at the browser: never a text that somebody else wrote. */
export function problemOf(error: unknown): Problem {
  if (error instanceof LoginError) return logins[error.reason];
  if (error instanceof ServiceCallError) return ofCall(error);
  if (error instanceof TokenAcquisitionError)
    return error.reason === 'refused'
      ? { ...unavailable, status: 502, text: 'The authorization server gives no token for this.' }
      : unavailable;
  const status = statusOf(error);
  if (status < 400 || status >= 500) return unknown;
  const text = clientErrors[status] ?? 'This is nothing that this application understands.';
  return { status, title: 'That did not work', text, action: home };
}

function ofCall({ reason, status, decision }: ServiceCallError): Problem {
  if (reason !== 'refused') return unavailable;
  const isForbidden = status === 403;
  const text = isForbidden
    ? 'You may not do this.'
    : 'The service behind this page did not take what this application asked for.';
  const title = 'That did not work';
  return { status: isForbidden ? 403 : 502, title, text, action: home, decision };
}

/** Of Nest's exceptions, and of what Fastify throws before Nest is asked. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
