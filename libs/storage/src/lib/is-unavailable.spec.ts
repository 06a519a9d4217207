import { isUnavailable } from './is-unavailable.js';

const withCode = (code: unknown, message = 'x') => Object.assign(new Error(message), { code });

describe('isUnavailable', () => {
  it.each<[string, unknown]>([
    ['a server that refuses connections', withCode('ECONNREFUSED')],
    ['a connection that broke', withCode('ECONNRESET')],
    ['a server that is stopped', withCode('57P01')],
    ['a server that has crashed', withCode('57P02')],
    ['a server that starts', withCode('57P03')],
    ['a lost connection', withCode('08006')],
    ['too many connections', withCode('53300')],
    ['a full disk', withCode('53100')],
    ['a lock that was not given in time', withCode('55P03')],
    ['the driver', new Error('Connection terminated unexpectedly')],
    ['the driver, in time', new Error('Query read timeout')],
    ['a cause of it', new Error('Failed query', { cause: withCode('57P01') })],
  ])('says so of %s', (_, error) => {
    expect(isUnavailable(error)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a unique violation', withCode('23505')],
    ['a mistake in the query', withCode('42601')],
    ['a cancelled query', withCode('57014')],
    ['any error of ours', new Error('Connection')],
    ['a message that somebody else wrote', withCode('E', 'Connection terminated')],
    ['no error at all', 'ECONNREFUSED'],
  ])('does not say so of %s', (_, error) => {
    expect(isUnavailable(error)).toBe(false);
  });

  it('ends, whatever is the cause of what', () => {
    const error = new Error('x');
    error.cause = error;
    expect(isUnavailable(error)).toBe(false);
  });
});
