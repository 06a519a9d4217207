import type { Signer } from '@countersign/token';

import { signTogether } from './sign-together.js';

function recording(signed: string[], name: string): Signer {
  const sign = (input: Buffer): Buffer => {
    if (input.length === 0) throw new Error('nothing to sign');
    signed.push(`${name} ${input.toString()}`);
    return Buffer.from(`${name}(${input.toString()})`);
  };
  return { algorithm: 'ES256', kid: name, sign };
}

describe('signTogether', () => {
  it('signs in the order asked for, after the turn of the event loop that asked', async () => {
    const signed: string[] = [];
    const [one, two] = ['one', 'two'].map((name) => signTogether(recording(signed, name)));
    const answers = [one?.sign(Buffer.from('a')), two?.sign(Buffer.from('b'))];
    expect(signed).toEqual([]);
    const signatures = await Promise.all(answers);
    expect(signed).toEqual(['one a', 'two b']);
    expect(signatures.map(String)).toEqual(['one(a)', 'two(b)']);
  });

  it('lets a signature fail alone', async () => {
    const signer = signTogether(recording([], 'one'));
    const failing = signer.sign(Buffer.alloc(0));
    const fine = signer.sign(Buffer.from('a'));
    await expect(failing).rejects.toThrow('nothing to sign');
    await expect(fine).resolves.toEqual(Buffer.from('one(a)'));
  });

  it('says which key it signs with', () => {
    expect(signTogether(recording([], 'one'))).toMatchObject({ algorithm: 'ES256', kid: 'one' });
  });
});
