import { Logger as NestContext } from '@nestjs/common';

import { createLogger } from './create-logger.js';
import { NestLogger } from './nest-logger.js';

const lines: Record<string, unknown>[] = [];
const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
const logger = createLogger('census', 'debug', stream);
const part = (text: string) => Buffer.from(text).toString('base64url');
const token = [part('{"alg":"ES256"}'), part('{"sub":"a"}'), part('signature')].join('.');

beforeEach(() => lines.splice(0));
const last = () => lines.at(-1);

describe('createLogger', () => {
  it('writes JSON lines with name, level and time', () => {
    logger.info({ url: 'http://127.0.0.1:1/' }, 'listening');
    expect(last()).toMatchObject({
      name: 'census',
      level: 'info',
      msg: 'listening',
      url: 'http://127.0.0.1:1/',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('redacts secrets by name, at the top and inside', () => {
    logger.info({
      authorization: 'Basic x',
      headers: { jwt: 'y' },
      a: { b: { client_secret: 'z' } },
    });
    expect(last()).toMatchObject({
      authorization: '[redacted]',
      headers: { jwt: '[redacted]' },
      a: { b: { client_secret: '[redacted]' } },
    });
  });

  it('cuts tokens out of every text', () => {
    logger.warn({ got: `Bearer ${token}` }, `saw ${token}`);
    expect(last()).toMatchObject({ got: 'Bearer [token]', msg: 'saw [token]' });
  });

  it('logs errors with their causes, but not what else they carry', () => {
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', params: ['s3cret'] });
    const error = new Error('Failed query: insert into a values ($1)\nparams: s3cret', { cause });
    logger.error({ err: error }, 'failed');
    expect(last()).toMatchObject({ err: { type: 'Error', cause: { code: '23505' } } });
    expect(JSON.stringify(last())).not.toContain('s3cret');
    expect(JSON.stringify(last())).toContain('create-logger.spec');
  });
});

describe('NestLogger', () => {
  const nest = new NestLogger(logger);

  it('makes members of an object, and its event the message', () => {
    nest.log({ event: 'token.issued', client: 'herald' }, 'Token');
    expect(last()).toMatchObject({
      level: 'info',
      context: 'Token',
      msg: 'token.issued',
      client: 'herald',
    });
  });

  it('keeps stack and context of an error', () => {
    nest.error(new Error('no'), 'Http');
    expect(last()).toMatchObject({
      level: 'error',
      context: 'Http',
      msg: 'no',
      err: { message: 'no' },
    });
  });

  it('keeps the chatter of the framework out of info', () => {
    nest.log('Mapped {/, GET} route', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 'debug' });
  });

  it('serves as the logger behind the contexts of Nest', () => {
    NestContext.overrideLogger(nest);
    new NestContext('Mailer').warn('slow');
    expect(last()).toMatchObject({ level: 'warn', context: 'Mailer', msg: 'slow' });
  });
});
