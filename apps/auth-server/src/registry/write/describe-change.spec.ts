import { describeChange } from './describe-change.js';
import { differences } from './to-document.js';

const grant = (service: string) => ({ service, scopes: ['a'], subjects: [], reason: '' });

describe('differences', () => {
  it('means nothing by the order of what has names, nor by undefined', () => {
    const one = { grants: [grant('a'), grant('b')], service: undefined };
    expect(differences(one, { grants: [grant('b'), grant('a')] })).toEqual([]);
    expect(differences(one, { ...one, grants: [grant('a')], id: 'x' })).toEqual(['grants', 'id']);
  });
});

describe('describeChange', () => {
  it('tells what was and what is, of the members that differ', () => {
    const before = { id: 'web', grants: [grant('a')] };
    expect(describeChange(before, { id: 'web', grants: [] })).toEqual({
      before: { grants: [grant('a')] },
      after: { grants: [] },
    });
    expect(describeChange(before, before)).toBeUndefined();
  });

  it('names secrets and keys, and shows none', () => {
    const after = {
      secrets: [{ label: 'ci', sha256: 'digest' }],
      keys: { jwks: [{ kid: 'k1', x: 'coordinate' }, { x: 'coordinate' }], ca: 'certificate' },
      encryptionKey: { kid: 'e1', x: 'coordinate' },
      ca: 'certificate',
    };
    const text = JSON.stringify(describeChange(undefined, after));
    expect(JSON.parse(text)).toMatchObject({
      after: { secrets: ['ci'], keys: { kids: ['k1', null], ca: 'PEM' }, encryptionKey: 'e1' },
    });
    expect(text).not.toMatch(/digest|coordinate|certificate/);
  });

  it('tells only the members when the rest would be too much', () => {
    const grants = Array.from({ length: 500 }, (_, n) => grant(`service-${n}`));
    expect(describeChange(undefined, { grants })).toEqual({ members: ['grants'] });
  });
});
