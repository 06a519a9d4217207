import { isKeyUrl } from './is-key-url.js';
import { jwksSource } from './jwks-source.js';
import { metadataSource } from './metadata-source.js';

/** A web of documents: URL -> JSON text, or undefined for an outage. */
function web(documents: Record<string, unknown>) {
  const asked: string[] = [];
  const ask = async (input: unknown): Promise<Response> => {
    asked.push(String(input));
    const document = documents[String(input)];
    if (document === undefined) throw new TypeError('fetch failed');
    if (document === 404) return new Response(null, { status: 404 });
    return new Response(JSON.stringify(document), { headers: { 'cache-control': 'max-age=60' } });
  };
  return { asked, documents, fetch: ask as typeof fetch };
}

describe('isKeyUrl', () => {
  it.each([
    'https://keys.example/jwks?tenant=1',
    'https://127.0.0.1/jwks',
    'http://localhost:4000/jwks',
    'http://127.0.0.1:4000/jwks',
    'http://127.1.2.3/jwks',
    'http://[::1]:4000/jwks',
  ])('accepts %s', (url) => {
    expect(isKeyUrl(url)).toBe(true);
  });

  it.each([
    'http://keys.example/jwks',
    'http://localhost.example/jwks',
    'http://127.0.0.1.example/jwks',
    'http://10.0.0.1/jwks',
    'http://0.0.0.0/jwks',
    'https://user@keys.example/jwks',
    'https://:password@keys.example/jwks',
    'https://keys.example/jwks#1',
    'file:///etc/jwks.json',
    'data:application/json,{"keys":[]}',
    'ftp://keys.example/jwks',
    '/jwks',
    '',
    42,
    null,
  ])('refuses %p', (url) => {
    expect(isKeyUrl(url)).toBe(false);
  });
});

describe('jwksSource', () => {
  const url = 'https://keys.example/jwks';

  it('reads keys and how long they are fresh', async () => {
    const source = jwksSource(url, web({ [url]: { keys: [{ kty: 'EC' }] } }));
    expect(source.location).toBe(url);
    expect(await source.read()).toEqual({ keys: [{ kty: 'EC' }], maxAge: 60 });
  });

  it('reads as many as 100 keys', async () => {
    const hundred = Array.from({ length: 100 }, () => ({}));
    const source = jwksSource(url, web({ [url]: { keys: hundred } }));
    expect((await source.read()).keys).toHaveLength(100);
  });

  it('refuses 101 keys', async () => {
    const source = jwksSource(
      url,
      web({ [url]: { keys: Array.from({ length: 101 }, () => ({})) } }),
    );
    await expect(source.read()).rejects.toThrow(`${url} answered over 100 keys`);
  });

  it.each([[{}], [{ keys: null }], [{ keys: {} }], [{ keys: 'none' }]])(
    'refuses %j',
    async (body) => {
      await expect(jwksSource(url, web({ [url]: body })).read()).rejects.toThrow(
        `${url} answered no array of keys`,
      );
    },
  );

  it('refuses a URL that others on the way could answer', () => {
    expect(() => jwksSource('http://keys.example/jwks')).toThrow(
      new TypeError(
        'jwks must be an https URL, or http on a loopback host, got http://keys.example/jwks',
      ),
    );
  });
});

describe('metadataSource', () => {
  const issuer = 'https://auth.example';
  const location = 'https://auth.example/.well-known/oauth-authorization-server';
  const jwks = 'https://auth.example/jwks';
  const good = () => ({ [location]: { issuer, jwks_uri: jwks }, [jwks]: { keys: ['key'] } });

  /** A source that reads at times the test decides. */
  function stage(documents: Record<string, unknown>, options: { jwksOrigins?: string[] } = {}) {
    const internet = web(documents);
    const time = { seconds: 0 };
    const clock = { now: () => 0, monotonic: () => time.seconds * 1000 };
    const source = metadataSource(issuer, { fetch: internet.fetch, clock, ...options });
    return { ...internet, time, source };
  }

  it('reads the keys that the metadata points to', async () => {
    const { source, asked } = stage(good());
    expect(source.location).toBe(location);
    expect(await source.read()).toEqual({ keys: ['key'], maxAge: 60 });
    expect(asked).toEqual([location, jwks]);
  });

  it.each([
    ['https://auth.example/', location],
    ['https://auth.example/tenant', `${location}/tenant`],
    ['https://auth.example/tenant/', `${location}/tenant`],
  ])('looks for the metadata of %s at %s', (path, url) => {
    expect(metadataSource(path).location).toBe(url);
  });

  it('reads the metadata again only when they are no longer fresh', async () => {
    const { source, asked, time } = stage(good());
    await source.read();
    time.seconds = 59;
    await source.read();
    expect(asked).toEqual([location, jwks, jwks]);
    time.seconds = 60;
    await source.read();
    expect(asked.slice(3)).toEqual([location, jwks]);
  });

  it('follows a jwks_uri that moves', async () => {
    const { source, documents, time } = stage(good());
    await source.read();
    documents[location] = { issuer, jwks_uri: `${jwks}/2` };
    documents[`${jwks}/2`] = { keys: ['other'] };
    time.seconds = 60;
    expect(await source.read()).toMatchObject({ keys: ['other'] });
  });

  it('has an outage when the metadata cannot be read, and recovers', async () => {
    const { source, documents, time } = stage(good());
    await source.read();
    documents[location] = undefined;
    time.seconds = 60;
    await expect(source.read()).rejects.toThrow(`${location} could not be read: fetch failed`);
    Object.assign(documents, good());
    expect(await source.read()).toMatchObject({ keys: ['key'] });
  });

  describe('where there is no such metadata', () => {
    const openId = 'https://auth.example/.well-known/openid-configuration';
    const none = () => ({ ...good(), [location]: 404, [openId]: { issuer, jwks_uri: jwks } });

    it('reads that of OpenID, and asks for the other no more', async () => {
      const { source, asked, time } = stage(none());
      expect(await source.read()).toMatchObject({ keys: ['key'] });
      time.seconds = 60;
      await source.read();
      expect(asked).toEqual([location, openId, jwks, openId, jwks]);
    });

    it('looks for it behind the path of the issuer', async () => {
      const tenant = 'https://auth.example/tenant/';
      const internet = web({
        'https://auth.example/.well-known/oauth-authorization-server/tenant': 404,
        'https://auth.example/tenant/.well-known/openid-configuration': {
          issuer: tenant,
          jwks_uri: jwks,
        },
        [jwks]: { keys: ['key'] },
      });
      const source = metadataSource(tenant, { fetch: internet.fetch });
      expect(await source.read()).toMatchObject({ keys: ['key'] });
    });

    it('believes it no more than the other', async () => {
      const { source } = stage({ ...none(), [openId]: { issuer: `${issuer}/`, jwks_uri: jwks } });
      await expect(source.read()).rejects.toThrow('names another issuer');
    });

    it('takes an outage for an outage', async () => {
      const { source, asked, documents } = stage({ ...none(), [location]: undefined });
      await expect(source.read()).rejects.toThrow(`${location} could not be read`);
      expect(asked).toEqual([location]);
      Object.assign(documents, { [location]: 404, [openId]: undefined });
      await expect(source.read()).rejects.toThrow(`${openId} could not be read`);
      documents[openId] = 404;
      await expect(source.read()).rejects.toThrow(`${location} answered 404`);
    });
  });

  it.each([
    ['another issuer', { issuer: 'https://evil.example', jwks_uri: jwks }, 'names another issuer'],
    ['the issuer with a slash', { issuer: `${issuer}/`, jwks_uri: jwks }, 'names another issuer'],
    ['no issuer', { jwks_uri: jwks }, 'names another issuer'],
    ['no jwks_uri', { issuer }, 'names no https jwks_uri'],
    ['plain http', { issuer, jwks_uri: 'http://auth.example/jwks' }, 'names no https jwks_uri'],
    ['a file', { issuer, jwks_uri: 'file:///etc/passwd' }, 'names no https jwks_uri'],
    ['a relative jwks_uri', { issuer, jwks_uri: '/jwks' }, 'names no https jwks_uri'],
    [
      'another origin',
      { issuer, jwks_uri: 'https://keys.example/jwks' },
      'names a jwks_uri at another origin than its issuer',
    ],
    [
      'another port',
      { issuer, jwks_uri: 'https://auth.example:8443/jwks' },
      'names a jwks_uri at another origin than its issuer',
    ],
  ])('refuses metadata with %s and asks for no keys', async (_, metadata, message) => {
    const { source, asked } = stage({ [location]: metadata });
    await expect(source.read()).rejects.toThrow(`${location} ${message}`);
    expect(asked).toEqual([location]);
  });

  it('accepts another origin that is listed', async () => {
    const keys = 'https://keys.example/jwks';
    const documents = { [location]: { issuer, jwks_uri: keys }, [keys]: { keys: [] } };
    const { source } = stage(documents, { jwksOrigins: ['https://keys.example'] });
    expect(await source.read()).toMatchObject({ keys: [] });
  });

  it('refuses an issuer that others on the way could answer for', () => {
    expect(() => metadataSource('http://auth.example')).toThrow(
      new TypeError(
        'issuer must be an https URL, or http on a loopback host, got http://auth.example',
      ),
    );
  });
});
