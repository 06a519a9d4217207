// npm start: looks whether everything is there, builds what is not, then runs the demonstration.
// Plain JavaScript with nothing but Node: it must work before the first build.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname ?? fail('Node 20.19 or newer is needed'), '..', '..');
const defaultPortBase = 4000;
const highestPortBase = 65_535 - 26;
const help = `Starts auth-server, herald, census, an application to log in to and a mail sink, and shows delivered
mails and one refused call.

  npm start                          stays up until Ctrl-C
  npm start -- --once                tells the story, stops everything, exits 0 or 1
  npm start -- --port-base <number>  auth-server N, herald N+1, census N+2, web-app N+3, SMTP N+25,
                                     mailbox N+26 (default ${defaultPortBase})
  npm start -- --data <directory>    databases, secrets, accounts, logs, demo.env (default .countersign)
  npm start -- --help                this text
`;

function fail(message) {
  process.stderr.write(`countersign: ${message}\n`);
  process.exit(1);
}

function parse(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        'port-base': { type: 'string', default: String(defaultPortBase) },
        data: { type: 'string', default: join(root, '.countersign') },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const portBase = Number(values['port-base']);
    if (!/^\d{1,5}$/.test(values['port-base']) || portBase < 1 || portBase > highestPortBase) {
      const given = JSON.stringify(values['port-base']);
      fail(`--port-base takes a number from 1 to ${highestPortBase}, not ${given}`);
    }
    if (values.data === '') fail('--data takes a directory');
    return {
      // npm changes to the package's directory; a relative path is meant from where it was typed.
      dataDirectory: resolve(process.env['INIT_CWD'] ?? process.cwd(), values.data),
      portBase,
      once: values.once,
      help: values.help,
    };
  } catch (error) {
    return fail(`${error.message}\n\n${help}`);
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (!isSupported) {
    fail(`Node ${process.versions.node} is not supported: take 20.19, 22.12, 24 or a newer one`);
  }
}

function nxBinary() {
  const { resolve: find } = createRequire(join(root, 'package.json'));
  try {
    for (const name of ['typescript', 'smtp-server', 'mailparser', 'undici']) find(name);
    return find('nx/bin/nx.js');
  } catch {
    return fail('the packages are not installed, or not all of them; run: npm ci');
  }
}

/** Builds through nx, whose cache answers in a second or two when nothing has changed. */
async function build(nx) {
  const isTerminal = process.stdout.isTTY;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const show = (text) => process.stdout.write(isTerminal ? `\r\u001B[K${text}` : `${text}\n`);
  show('Building ...');
  const ticking = isTerminal && setInterval(() => show(`Building ... ${seconds()}`), 1000);
  const said = [];
  const child = spawn(
    process.execPath,
    [
      nx,
      'run-many',
      '-t',
      'build',
      '-p',
      'auth-server,census,herald,cli,example-web-app,fleet',
      '--outputStyle=stream',
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { NX_DAEMON: 'false', NX_TUI: 'false', ...process.env },
    },
  );
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(data));
  const code = await new Promise((done) => {
    child.on('error', (error) => {
      said.push(Buffer.from(error.message));
      done(1);
    });
    child.on('close', done);
  });
  if (ticking) clearInterval(ticking);
  if (code !== 0) {
    process.stdout.write('\n');
    process.stderr.write(Buffer.concat(said));
    fail('the build failed');
  }
  show(`Built in ${seconds()}${isTerminal ? '\n' : ''}`);
}

checkNode();
const { help: wantsHelp, ...options } = parse(process.argv.slice(2));
if (wantsHelp) {
  process.stdout.write(help);
} else {
  await build(nxBinary());
  const { runDemo } = await import('./dist/index.js');
  process.exitCode = await runDemo(options);
}
