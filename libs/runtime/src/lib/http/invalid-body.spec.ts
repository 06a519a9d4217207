import { z } from 'zod';

import { invalidBody } from './invalid-body.js';

describe('invalidBody', () => {
  const schema = z.strictObject({ name: z.string('must be text'), 'a/b~c': z.array(z.int()) });
  const errorsOf = (body: unknown) => {
    const { issues } = schema.safeParse(body).error ?? { issues: [] };
    return (invalidBody(issues).getResponse() as { errors: unknown }).errors;
  };

  it('names every wrong member by its JSON pointer', () => {
    expect(errorsOf({ name: 1, 'a/b~c': [1, 'x'], extra: 1, 'more/': 2 })).toEqual([
      { pointer: '/name', detail: 'must be text' },
      { pointer: '/a~1b~0c/1', detail: expect.any(String) as unknown },
      { pointer: '/extra', detail: 'is not a known member' },
      { pointer: '/more~1', detail: 'is not a known member' },
    ]);
  });

  it('names the body as a whole by the empty pointer', () => {
    expect(errorsOf([])).toMatchObject([{ pointer: '' }]);
  });

  it('lists sixteen at most, and repeats no long name in full', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${'x'.repeat(500)}${index}`, 1]),
    );
    const errors = errorsOf({ name: 'a', 'a/b~c': [], ...many }) as { pointer: string }[];
    expect(errors).toHaveLength(16);
    expect(errors[0]?.pointer).toHaveLength(121);
  });
});
