import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { freePorts } from '../ports.js';
import { send } from '../send.js';
import { createServiceProcess, leaveWithParent, type ServiceProcess } from './service-process.js';

/** A program that keeps the process contract, but for what a test changes. */
const program = (listening: string, more = ''): string => `
  import { createServer } from 'node:http';
  const server = createServer((request, response) => {
    response.statusCode = process.env.READY === 'no' ? 503 : 200;
    response.end(JSON.stringify(process.env));
  });
  server.listen(Number(process.env.PORT), '127.0.0.1', () => { ${listening} });
  process.on('SIGTERM', () => { server.close(); server.closeAllConnections(); });
  ${more}
`;
const saysListening = `console.log(JSON.stringify({ msg: 'listening' }));`;

describe('a service process', () => {
  let directory: string;
  let port: number;
  let service: ServiceProcess | undefined;
  let reports: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleet-process-'));
    port = (await freePorts()).herald;
    reports = [];
  });

  afterEach(async () => {
    await service?.close();
    service = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  async function create(
    source: string,
    options: { environment?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<ServiceProcess> {
    const main = join(directory, 'main.mjs');
    await writeFile(main, source);
    service = createServiceProcess({
      name: 'stub',
      main,
      url: `http://127.0.0.1:${port}`,
      environment: { PORT: String(port), ...options.environment },
      logFile: join(directory, 'stub.log'),
      readyWithinMs: 3_000,
      onUnexpectedExit: (report) => reports.push(report),
      signal: options.signal,
    });
    return service;
  }

  it('starts, stops by SIGTERM, and starts again on the same port', async () => {
    const stub = await create(program(saysListening));
    await stub.start();
    const first = stub.pid;
    expect(await stub.stop()).toBe(true);
    expect(stub.pid).toBeUndefined();
    await stub.start();
    expect(stub.pid).not.toBe(first);
    expect((await send(stub.url)).status).toBe(200);
    expect(reports).toEqual([]);
  });

  it('hands on no environment but the contract and what every program needs', async () => {
    process.env['FLEET_SPEC_SECRET'] = 'do not hand on';
    try {
      const stub = await create(program(saysListening));
      await stub.start();
      const environment = (await send(stub.url)).json;
      expect(environment['PORT']).toBe(String(port));
      expect(environment['PATH']).toBe(process.env['PATH']);
      expect(environment).not.toHaveProperty('FLEET_SPEC_SECRET');
    } finally {
      delete process.env['FLEET_SPEC_SECRET'];
    }
  });

  it('keeps what the service says in memory and in a file', async () => {
    const stub = await create(program(saysListening, `console.error('not json');`));
    await stub.start();
    expect(stub.log.entries).toContainEqual({ msg: 'listening' });
    await stub.log.waitFor('the line on stderr', ({ msg }) => msg === 'not json', 3_000);
    await stub.close();
    expect(await readFile(join(directory, 'stub.log'), 'utf8')).toContain('not json\n');
  });

  it('tells the last lines of a service that ends while starting', async () => {
    const stub = await create(`console.log('the database is newer than I'); process.exit(3);`);
    await expect(stub.start()).rejects.toThrow(
      /stub ended with exit code 3 while starting; its last lines:\n {2}the database is newer/,
    );
    expect(stub.pid).toBeUndefined();
  });

  it('gives up on a service that listens but never gets ready, and ends it', async () => {
    const stub = await create(program(saysListening), { environment: { READY: 'no' } });
    await expect(stub.start()).rejects.toThrow('stub was not ready after 3 s');
    expect(stub.pid).toBeUndefined();
    await expect(send(stub.url)).rejects.toThrow();
  });

  it('starts a service that is not ready when asked only to listen', async () => {
    const stub = await create(program(saysListening), { environment: { READY: 'no' } });
    await stub.start('listening');
    expect(stub.pid).toBeDefined();
  });

  it('ends a start that is interrupted', async () => {
    const stub = await create(program(''), { signal: AbortSignal.abort() });
    await expect(stub.start()).rejects.toThrow('was interrupted while starting');
    expect(stub.pid).toBeUndefined();
  });

  it('reports an end that nobody asked for', async () => {
    const dies = `setTimeout(() => { console.log('oh no'); process.exit(4); }, 300);`;
    const stub = await create(program(saysListening, dies));
    await stub.start();
    await stub.log.waitFor('its last words', ({ msg }) => msg === 'oh no', 3_000);
    while (reports.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(reports[0]).toMatch(/^stub ended with exit code 4 unexpectedly/);
  });

  it('leaves when the fleet is gone without a word', async () => {
    const stub = await create(program(saysListening));
    const fleet = join(directory, 'fleet.mjs');
    await writeFile(
      fleet,
      `import { spawn } from 'node:child_process';
       spawn(process.execPath, ['--import', ${JSON.stringify(leaveWithParent)},
         ${JSON.stringify(join(directory, 'main.mjs'))}],
         { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
`,
    );
    const parent = spawn(process.execPath, [fleet], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
    await said.next();
    expect((await send(stub.url)).status).toBe(200);
    parent.kill('SIGKILL');
    // The pipe of its standard output closes when the last process that holds it has ended.
    expect((await said.next()).done).toBe(true);
    await expect(send(stub.url)).rejects.toThrow('ECONNREFUSED');
  });
});
