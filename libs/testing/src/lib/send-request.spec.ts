import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sendRequest } from './send-request.js';

describe('sendRequest', () => {
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { method, url, headersDistinct } = request;
      if (url === '/none') return void response.writeHead(204).end();
      if (url === '/html') return void response.end('<p>');
      if (url === '/cut') return void request.socket.destroy();
      let body = '';
      request.on('data', (part) => (body += String(part)));
      request.on('end', () =>
        response.end(JSON.stringify({ method, url, tags: headersDistinct['tag'], body })),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('sends path, fields and body as they are', async () => {
    const sent = { headers: { tag: ['a', 'b'] }, body: '{}' };
    const { status, body } = await sendRequest(origin, 'PUT', '//x/%2e/?a=%20', sent);
    expect(status).toBe(200);
    expect(body).toEqual({ method: 'PUT', url: '//x/%2e/?a=%20', tags: ['a', 'b'], body: '{}' });
  });

  it('takes no content for an empty object', async () => {
    const { status, text, body } = await sendRequest(origin, 'GET', '/none');
    expect({ status, text, body }).toEqual({ status: 204, text: '', body: {} });
  });

  it.each(['/html', '/cut'])('rejects what is no answer to look into: %s', async (path) => {
    await expect(sendRequest(origin, 'GET', path)).rejects.toThrow();
  });
});
