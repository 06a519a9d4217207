import { AccessError } from './errors.js';
import { refuse } from './refuse.js';

const refused = (detail: Parameters<typeof refuse>[1]): AccessError => {
  try {
    return refuse('CLAIM_INVALID', detail);
  } catch (error) {
    return error as AccessError;
  }
};

describe('refuse', () => {
  it('throws an AccessError with the detail it was given', () => {
    const error = refused({ check: 'aud', got: ['a'] });
    expect(error).toBeInstanceOf(AccessError);
    expect([error.code, error.detail]).toEqual(['CLAIM_INVALID', { check: 'aud', got: ['a'] }]);
    expect(refused({ check: 'aud' }).detail).toEqual({ check: 'aud' });
  });

  it('cuts a text that the caller chose', () => {
    expect(refused({ got: 'x'.repeat(256) }).detail.got).toBe('x'.repeat(256));
    expect(refused({ got: 'x'.repeat(9000) }).detail.got).toBe(`${'x'.repeat(256)}...`);
  });
});
