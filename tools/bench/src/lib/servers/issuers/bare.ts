// The limit: an endpoint that parses a form, compares a digest in constant time, and signs.
import { createHash, timingSafeEqual } from 'node:crypto';

import { digestOf, readFixtures } from '../../issuance/fixtures.js';
import { announce, answerForms } from './answer-forms.js';
import { bareSigner } from './bare-signer.js';

const fixtures = await readFixtures();
const issue = bareSigner(fixtures, 'http://127.0.0.1');
const digests = new Map(
  fixtures.clients.map(({ id, secret }) => [id, Buffer.from(digestOf(secret), 'base64url')]),
);

announce(
  answerForms((headers, body) => {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== 'client_credentials') throw new Error('grant type');
    if (form.get('resource') !== fixtures.audience) throw new Error('resource');
    if (form.get('scope') !== fixtures.scope) throw new Error('scope');
    const basic = Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString();
    const at = basic.indexOf(':');
    const id = decodeURIComponent(basic.slice(0, at));
    const digest = createHash('sha256')
      .update(decodeURIComponent(basic.slice(at + 1)))
      .digest();
    const expected = digests.get(id);
    if (!expected || !timingSafeEqual(digest, expected)) throw new Error('client');
    return issue(id);
  }),
);
