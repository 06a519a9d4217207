import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/**
 * What npm and Nx tell of the workspace and the terminal they run in, which other folders are not to
 * hear.
 */
const ofThisWorkspace =
  /^(npm_(package|lifecycle)_|npm_config_(local_prefix|workspace)|INIT_CWD$|NX_|FORCE_COLOR$)/i;

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ofThisWorkspace.test(name)),
  ),
  NX_DAEMON: 'false',
  // What they say is compared.
  NO_COLOR: '1',
});

/** Milliseconds after which a program is ended. */
const PATIENCE = 600_000;

/** Runs a program to its end and answers what it wrote; what it wrote stands in the error, too. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const settings = { cwd, env: environment(), maxBuffer: 64 * 1024 * 1024, timeout: PATIENCE };
  try {
    return (await exec(program, args, settings)).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, {
      cause: error,
    });
  }
}

/** A program that runs until it is stopped. */
export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a service and waits until it says where it listens. */
export function start(cwd: string, main: string, env: NodeJS.ProcessEnv): Promise<Running> {
  const service = spawn(process.execPath, [main], { cwd, env: { ...environment(), ...env } });
  const ended = new Promise<void>((resolve) => service.once('exit', () => resolve()));
  const stop = async () => {
    service.kill();
    await ended;
  };
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (text: Buffer) => {
      said += text.toString();
      const [, url] = /listening on (\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve({ url, stop });
    };
    service.stdout.on('data', hear);
    service.stderr.on('data', hear);
    service.once('exit', (code) => reject(new Error(`${main} ended with ${code}\n${said}`)));
  });
}
