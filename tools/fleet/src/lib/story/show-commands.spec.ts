import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { demoEnv } from '../data/demo-env.js';
import { commandsToTry } from './show-commands.js';

const secrets = { 'demo-reader': 'cs_demo-reader_secret', 'demo-web': 'cs_demo-web_secret' };

// They are for people who have curl; where there is none, only their text can be looked at.
const withCurl = spawnSync('curl', ['--version']).status === 0 ? it : it.skip;

describe('the commands to try', () => {
  let directory: string;
  let server: Server;
  let requests: string[];

  /** Stands in for all services: answers a token, or says who asked. */
  const answer = (request: IncomingMessage): string => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'nobody'}`);
    return request.url === '/oauth2/token' ? '{"access_token":"the-token"}' : '{"uri":"42"}';
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "fleet's commands "));
    requests = [];
    server = createServer((request, response) => response.end(answer(request)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const origins = `${origin}/`;
    const urls = { issuer: origin, herald: origins, census: origins, webApp: origins };
    await writeFile(
      join(directory, 'demo.env'),
      demoEnv({ urls, mailboxUrl: `${origin}/messages`, secrets }),
    );
  });

  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const commands = (): readonly (readonly [string, string])[] =>
    commandsToTry(join(directory, 'demo.env'));

  async function paste(command: string): Promise<string> {
    const shell = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    shell.stdout.on('data', (data) => (said += String(data)));
    expect((await once(shell, 'close'))[0]).toBe(0);
    return said;
  }

  withCurl('get a token by the secret of demo.env, and open the record with it', async () => {
    expect(await paste(commands()[0]?.[1] ?? '')).toBe('{"uri":"42"}');
    const basic = Buffer.from(`demo-reader:${secrets['demo-reader']}`).toString('base64');
    expect(requests).toEqual([
      `POST /oauth2/token Basic ${basic}`,
      'GET /user/42/ Bearer the-token',
    ]);
  });

  withCurl('ask without a token, and for the mails', async () => {
    await paste(commands()[1]?.[1] ?? '');
    await paste(commands()[2]?.[1] ?? '');
    expect(requests).toEqual(['GET /user/42/ nobody', 'GET /messages nobody']);
  });

  it('hold no secret', () => {
    expect(JSON.stringify(commands())).not.toContain('cs_demo');
  });
});
