import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createSigner, generateSigningKey } from '@countersign/token';

import { heraldScopes } from '../src/login/people.js';
import { clientsOf } from './guide.js';

const guide = readFileSync(
  join(import.meta.dirname, '../../../docs/guides/act-for-a-user.md'),
  'utf8',
);
const own = readFileSync(join(import.meta.dirname, 'guide.ts'), 'utf8');
const withoutSpace = (text: string) => text.replace(/\s+/g, '');
const blocks = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
    ([, block = '']) => block,
  );

describe('the guide of acting for a user', () => {
  it('shows only what is compiled here', () => {
    expect(blocks('ts')).toHaveLength(2);
    for (const block of blocks('ts')) expect(withoutSpace(own)).toContain(withoutSpace(block));
  });

  it('shows clients that can be made', async () => {
    const { privateJwk } = await generateSigningKey('ES256');
    const { kid } = privateJwk;
    const signer = createSigner({ algorithm: 'ES256', kid, privateKey: privateJwk });
    expect(clientsOf(signer).providers).not.toHaveLength(0);
  });

  it('registers the scopes that the application asks for', () => {
    const [block = ''] = blocks('json');
    const { onBehalfOf } = JSON.parse(block) as { onBehalfOf: { scopes: string[] }[] };
    expect(onBehalfOf[0]?.scopes).toEqual(heraldScopes);
  });
});
