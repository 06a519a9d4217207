import { ifMatch, ifNoneMatch } from './entity-tag.js';

describe('ifMatch', () => {
  it.each<[string, boolean | undefined]>([
    ['"7"', true],
    ['*', true],
    ['"6", "7"', true],
    [' "7" ', true],
    ['"6"', false],
    ['W/"7"', false],
    ['"07"', false],
    ['""', false],
    ['7', undefined],
    ['', undefined],
    ['"7", *', undefined],
    ['"7" "8"', undefined],
    ['"7\u0000"', undefined],
    [`"${'7'.repeat(2_000)}"`, undefined],
  ])('of %.20j is %s for version 7', (field, holds) => {
    expect(ifMatch(field, 7)).toBe(holds);
  });
});

describe('ifNoneMatch', () => {
  it.each<[string | undefined, boolean]>([
    ['"7"', true],
    ['W/"7"', true],
    ['"6", W/"7"', true],
    ['*', true],
    ['"6"', false],
    ['7', false],
    ['', false],
    [undefined, false],
  ])('of %j says %s of having version 7', (field, has) => {
    expect(ifNoneMatch(field, 7)).toBe(has);
  });
});
