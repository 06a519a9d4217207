import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { StoryError } from './expect-that.js';
import { Visitor } from './visitor.js';

describe('Visitor', () => {
  let server: Server;
  let origin: string;
  let asked: { readonly line: string; readonly cookie: string; readonly body: string }[];

  const page = `<form id="other" action="/nowhere"></form>
<form id="login" method="post" action="/people/login?a=1&amp;b=2">
<input type="hidden" name="csrf" value="&quot;x&quot;"></form>`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const line = `${request.method} ${request.url}`;
    const body = Buffer.concat(chunks).toString();
    asked.push({ line, cookie: request.headers.cookie ?? '', body });
    if (line === 'GET /login') {
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Path=/people']);
      response.writeHead(303, { location: '/people/page' });
    } else if (line.startsWith('POST')) {
      response.setHeader('set-cookie', ['b=; Path=/people; Max-Age=0']);
      response.writeHead(303, { location: '/done' });
    } else if (line === 'GET /round') response.writeHead(303, { location: '/round' });
    response.end(page);
  }

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => void answer(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('follows redirects, fills in forms, and brings cookies only where they belong', async () => {
    const visitor = new Visitor();
    const login = await visitor.visit(`${origin}/login`);
    expect(login.url).toBe(`${origin}/people/page`);
    const done = await visitor.submit(login, 'login', { password: 'p&q' });
    expect(done.url).toBe(`${origin}/done`);
    await visitor.visit(`${origin}/people/page`);
    expect(asked).toEqual([
      { line: 'GET /login', cookie: '', body: '' },
      { line: 'GET /people/page', cookie: 'a=1; b=2', body: '' },
      {
        line: 'POST /people/login?a=1&b=2',
        cookie: 'a=1; b=2',
        body: 'csrf=%22x%22&password=p%26q',
      },
      { line: 'GET /done', cookie: 'a=1', body: '' },
      { line: 'GET /people/page', cookie: 'a=1', body: '' },
    ]);
  });

  it('gives up where a page leads round in circles, or has no such form', async () => {
    const visitor = new Visitor();
    await expect(visitor.visit(`${origin}/round`)).rejects.toThrow(StoryError);
    const login = await visitor.visit(`${origin}/login`);
    expect(() => visitor.submit(login, 'missing')).toThrow('there is no form missing');
  });
});
