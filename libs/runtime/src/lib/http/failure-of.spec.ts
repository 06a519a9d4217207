import { NotFoundException } from '@nestjs/common';

import { failureOf } from './failure-of.js';
import { ProblemException } from './problem.exception.js';

describe('failureOf', () => {
  it.each<[string, unknown, object]>([
    ['a mistake of ours', new Error('secret'), { status: 500 }],
    [
      'a database that is gone',
      new Error('Failed query', { cause: Object.assign(new Error('x'), { code: '57P01' }) }),
      { status: 503 },
    ],
    [
      'a problem of the app',
      new ProblemException(409, { code: 'TAKEN', detail: 'It is taken' }),
      { status: 409, detail: 'It is taken', members: { code: 'TAKEN' } },
    ],
    [
      'an exception of the app',
      new NotFoundException('No such'),
      { status: 404, detail: 'No such' },
    ],
    ['an address nobody has', new NotFoundException('Cannot GET /secret'), { status: 404 }],
    ['what is no error', 'secret', { status: 500 }],
  ])('tells of %s no more than it may', (_, exception, failure) => {
    expect(failureOf(exception)).toEqual(failure);
  });
});
