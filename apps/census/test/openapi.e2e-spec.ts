import { startCensus, type RunningCensus } from './support/start-census.js';

interface Operation {
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: object }>> };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}

describe('GET /openapi.json', () => {
  let running: RunningCensus;
  let text: string;
  let document: Document;

  beforeAll(async () => {
    running = await startCensus([]);
    const answer = await running.send('GET', '/openapi.json');
    expect(answer.headers['content-type']).toBe('application/openapi+json');
    text = answer.text;
    document = answer.body as unknown as Document;
  }, 60_000);
  afterAll(() => running.close());

  it('describes every route, users under their canonical address', () => {
    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'DELETE /user/{id}/',
      'GET /countersign/decisions',
      'GET /countersign/decisions/{decision}',
      'GET /health/live',
      'GET /health/ready',
      'GET /user/',
      'GET /user/{id}/',
      'PATCH /user/{id}/',
      'POST /user/',
      'PUT /user/{id}/',
    ]);
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: 'https://census.example' }]);
  });

  it.each([
    ['get', '/user/', ['users:read', 'users:read:any'], ['users:read']],
    ['get', '/user/{id}/', ['users:read', 'users:read:any'], ['users:read']],
    ['post', '/user/', ['users:write', 'users:write:any'], []],
    ['put', '/user/{id}/', ['users:write', 'users:write:any'], []],
    ['patch', '/user/{id}/', ['users:write', 'users:write:any'], []],
    ['delete', '/user/{id}/', ['users:write', 'users:write:any'], []],
    ['get', '/health/live', [], []],
  ])('says of %s %s the scopes of its rule', (method, path, access, herald) => {
    const operation = document.paths[path]?.[method];
    expect(operation?.security).toEqual([
      ...access.map((scope) => ({ accessToken: [scope] })),
      ...herald.map((scope) => ({ heraldToken: [scope] })),
    ]);
  });

  it('describes bodies by the schemas that check them', () => {
    const bodyOf = (method: string, path: string, type = 'application/json') =>
      document.paths[path]?.[method]?.requestBody?.content[type]?.schema;
    expect(bodyOf('post', '/user/')).toMatchObject({
      required: ['name', 'email', 'team'],
      additionalProperties: false,
      properties: { role: { enum: ['member', 'administrator'], default: 'member' } },
    });
    expect(bodyOf('put', '/user/{id}/')).toMatchObject({
      required: ['name', 'email', 'team', 'role'],
    });
    const patch = bodyOf('patch', '/user/{id}/', 'application/merge-patch+json');
    expect(patch).toHaveProperty('properties.email');
    expect(patch).not.toHaveProperty('required');
    const names = document.paths['/user/']?.['get']?.parameters?.map(({ name }) => name);
    expect(names?.sort()).toEqual(['cursor', 'limit']);
  });

  it('says of every operation on users how it refuses, in problems that it defines', () => {
    const operations = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/user'))
      .flatMap(([, item]) => Object.values(item));
    for (const { responses } of operations) expect(responses).toHaveProperty('403.content');
    expect(text).toContain('"$ref":"#/components/schemas/Problem"');
    expect(document.components.schemas).toHaveProperty('Problem.properties.errors');
    const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    for (const name of referred) expect(document.components.schemas).toHaveProperty(name ?? '');
  });

  it('is not sent again to who has it', async () => {
    const etag = String((await running.send('GET', '/openapi.json')).headers['etag']);
    const again = await running.send('GET', '/openapi.json', {
      headers: { 'if-none-match': etag },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });
});
