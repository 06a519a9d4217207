import { tokenId } from './token-id.js';

describe('tokenId', () => {
  it('gives no id twice, also beyond its pool', () => {
    const ids = Array.from({ length: 10_000 }, tokenId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });
});
