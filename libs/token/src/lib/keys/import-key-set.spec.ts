import { generateKeyPairSync } from 'node:crypto';

import type { Json, JsonObject } from '../types.js';
import { importKeySet, keepingKnown } from './import-key-set.js';

const ec = (members: JsonObject): JsonObject => ({
  ...(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  }) as JsonObject),
  ...members,
});

const faults = (keys: readonly Json[]) => importKeySet(keys, ['ES256']).dropped;

describe('importKeySet', () => {
  it('holds each usable key under its kid', () => {
    const { keys, dropped } = importKeySet([ec({ kid: 'a' }), ec({ kid: 'b' })], ['ES256']);
    expect([...keys.keys()]).toEqual(['a', 'b']);
    expect(keys.get('b')).toMatchObject({ kid: 'b', algorithm: 'ES256' });
    expect(dropped).toEqual([]);
  });

  it('takes the JWT keys of a SPIFFE bundle where told to, and no others', () => {
    const bundle = [
      ec({ kid: 'svid', use: 'jwt-svid' }),
      ec({ kid: 'x509', use: 'x509-svid' }),
      ec({ kid: 'sig', use: 'sig' }),
    ];
    const kidsOf = (uses?: string[]) => [
      ...importKeySet(bundle, ['ES256'], uses && { uses }).keys.keys(),
    ];
    expect([kidsOf(['jwt-svid']), kidsOf()]).toEqual([['svid'], ['sig']]);
  });

  it('drops a bad key without its good neighbours', () => {
    const set = [ec({ kid: 'bad', use: 'enc' }), null, 'x', ec({ kid: 'good' })];
    const { keys, dropped } = importKeySet(set, ['ES256']);
    expect([...keys.keys()]).toEqual(['good']);
    expect(dropped).toEqual([
      { kid: 'bad', fault: 'use_not_sig' },
      { kid: undefined, fault: 'not_a_jwk' },
      { kid: undefined, fault: 'not_a_jwk' },
    ]);
  });

  it('drops a key without kid', () => {
    expect(faults([ec({})])).toEqual([{ kid: undefined, fault: 'kid_missing' }]);
  });

  it('uses none of the keys that share a kid, not even the only good one', () => {
    const twice = [ec({ kid: 'a', y: 'AQ' }), ec({ kid: 'a' }), ec({ kid: 'b' }), ec({ kid: 'b' })];
    const { keys, dropped } = importKeySet(twice, ['ES256']);
    expect(keys.size).toBe(0);
    expect(dropped.map(({ fault }) => fault)).toEqual([
      'coordinate_length',
      'kid_duplicate',
      'kid_duplicate',
      'kid_duplicate',
    ]);
  });

  it('does not take a mistake of its caller for a bad key', () => {
    expect(() => importKeySet([ec({ kid: 'a' })], undefined as never)).toThrow(TypeError);
  });

  it('reports an endless kid cut short', () => {
    expect(faults([ec({ kid: 'k'.repeat(1000) })])).toEqual([
      { kid: 'k'.repeat(256), fault: 'kid_invalid' },
    ]);
  });
});

describe('keepingKnown', () => {
  const first = ec({ kid: 'a' });
  const known = importKeySet([first], ['ES256']).keys;

  it('answers with the very object of a key that stayed, and with every other as it is', () => {
    const { keys } = importKeySet([first, ec({ kid: 'b' })], ['ES256']);
    const kept = keepingKnown(keys, known);
    expect(keys.get('a')).not.toBe(known.get('a'));
    expect(kept.get('a')).toBe(known.get('a'));
    expect(kept.get('b')).toBe(keys.get('b'));
  });

  it('takes neither another key under a known kid nor a known key under another for the same', () => {
    const { keys } = importKeySet([ec({ kid: 'a' }), { ...first, kid: 'b' }], ['ES256']);
    expect(keepingKnown(keys, known)).toEqual(keys);
    expect(keepingKnown(keys, known).get('a')).not.toBe(known.get('a'));
    expect(keepingKnown(keys, known).get('b')?.kid).toBe('b');
  });

  it('keeps nothing where nothing was known', () => {
    expect(keepingKnown(known, undefined)).toBe(known);
  });
});
