import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { demoAccounts } from './accounts.js';
import { clientSecrets } from './client-secrets.js';
import { DataInUseError, lockData } from './data-lock.js';
import { demoEnv } from './demo-env.js';
import { writePrivateFile } from './private-file.js';
import { demoSeeds, registryFile, usersFile } from './seeds.js';

const urls = {
  issuer: 'http://127.0.0.1:4000',
  herald: 'http://127.0.0.1:4001/',
  census: 'http://127.0.0.1:4002/',
  webApp: 'http://localhost:4003/',
};
const permissions = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe('the data directory', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleet-data-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  describe('writePrivateFile', () => {
    it('replaces a file whole, for its owner only, and leaves no draft', async () => {
      const file = join(directory, 'deep', 'file');
      await writePrivateFile(file, 'one');
      await writePrivateFile(file, 'two');
      expect(await readFile(file, 'utf8')).toBe('two');
      expect(await permissions(file)).toBe(0o600);
      expect(await readdir(join(directory, 'deep'))).toEqual(['file']);
    });
  });

  describe('clientSecrets', () => {
    it('generates 256 bits per client once, and keeps them', async () => {
      const file = join(directory, 'secrets.json');
      const first = await clientSecrets(file, ['demo-web']);
      expect(first['demo-web']).toMatch(/^cs_demo-web_[\w-]{43}$/);
      const second = await clientSecrets(file, ['demo-web', 'other']);
      expect(second['demo-web']).toBe(first['demo-web']);
      expect(second['other']).toMatch(/^cs_other_/);
      expect(await permissions(file)).toBe(0o600);
    });

    it.each(['not json', '[]', '{"demo-web": 1}'])(
      'refuses a file that holds %s, without quoting it',
      async (content) => {
        const file = join(directory, 'secrets.json');
        await writeFile(file, content);
        await expect(clientSecrets(file, ['demo-web'])).rejects.toThrow(
          /does not hold client secrets/,
        );
      },
    );
  });

  describe('demoAccounts', () => {
    it('generates passwords once, and keeps them while their users move with the ports', async () => {
      const file = join(directory, 'people.json');
      const first = await demoAccounts(file, urls);
      expect(first.sender.password).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
      const moved = { ...urls, census: 'http://127.0.0.1:4702/' };
      expect(await demoAccounts(file, moved)).toEqual(first);
      expect(await readFile(file, 'utf8')).toContain('http://127.0.0.1:4702/user/21/');
      expect(await permissions(file)).toBe(0o600);
    });

    it.each(['not json', '{}', '{"people": [{"password": 1}]}'])(
      'refuses a file that holds %s, without quoting it',
      async (content) => {
        const file = join(directory, 'people.json');
        await writeFile(file, content);
        await expect(demoAccounts(file, urls)).rejects.toThrow(/does not hold accounts/);
      },
    );
  });

  describe('lockData', () => {
    it('takes over the lock of a dead process', async () => {
      const dead = spawnSync(process.execPath, ['-e', '']).pid;
      await writeFile(join(directory, 'fleet.lock'), String(dead));
      const unlock = await lockData(directory);
      expect(await readFile(join(directory, 'fleet.lock'), 'utf8')).toBe(String(process.pid));
      await unlock();
      expect(await readdir(directory)).toEqual([]);
    });

    it('refuses while another process lives on it', async () => {
      await writeFile(join(directory, 'fleet.lock'), String(process.ppid));
      await expect(lockData(directory)).rejects.toThrow(DataInUseError);
      await expect(lockData(directory)).rejects.toThrow(`process ${process.ppid}`);
    });

    it('takes over a lock that names no process', async () => {
      await writeFile(join(directory, 'fleet.lock'), '');
      await expect(lockData(directory)).resolves.toBeDefined();
    });
  });

  describe('registryFile', () => {
    it('holds of each secret only its SHA-256', () => {
      const secrets = { 'demo-reader': 'secret-one', 'demo-ops': 'two', 'demo-web': 'three' };
      const text = registryFile(demoSeeds(urls), secrets);
      expect(text).not.toContain('secret-one');
      expect(text).toContain(createHash('sha256').update('secret-one').digest('base64url'));
      const { clients } = JSON.parse(text) as { clients: { id: string }[] };
      expect(clients.map(({ id }) => id)).toEqual([
        'herald',
        'demo-reader',
        'demo-ops',
        'demo-web',
      ]);
    });

    it('refuses a client without a secret', () => {
      expect(() => registryFile(demoSeeds(urls), {})).toThrow('demo-reader');
    });
  });

  describe('usersFile', () => {
    it('has two teams of two, at example.test', () => {
      const { users } = JSON.parse(usersFile(demoSeeds(urls))) as {
        users: { email: string; team: string }[];
      };
      expect(users.map(({ team }) => team).sort()).toEqual(['blue', 'blue', 'green', 'green']);
      expect(users.every(({ email }) => email.endsWith('@example.test'))).toBe(true);
    });
  });

  describe('demoEnv', () => {
    const secrets = { 'demo-reader': "with 'quotes' and $HOME", 'demo-web': 'plain' };
    const text = demoEnv({ urls, mailboxUrl: 'http://127.0.0.1:4026/messages', secrets });

    it('gives a shell back exactly what was put in', async () => {
      const file = join(directory, 'demo.env');
      await writeFile(file, text);
      const { stdout } = spawnSync('sh', ['-c', `. "${file}"; printf %s "$CLIENT_SECRET"`]);
      expect(String(stdout)).toBe(secrets['demo-reader']);
    });

    it.each([
      ['TOKEN_URL', 'http://127.0.0.1:4000/oauth2/token'],
      ['AUDIENCE', 'http://127.0.0.1:4002/'],
      ['RESOURCE_URL', 'http://127.0.0.1:4002/user/42/'],
      ['USER_URI', 'http://127.0.0.1:4002/user/21/'],
      ['MAILBOX_URL', 'http://127.0.0.1:4026/messages'],
    ])('says %s=%s', (name, value) => {
      expect(text.split('\n')).toContain(`${name}='${value}'`);
    });
  });
});
