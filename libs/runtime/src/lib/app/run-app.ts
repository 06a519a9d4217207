import type { Logger } from 'pino';

import type { BaseConfig } from '../config/base-config.js';
import { ConfigError } from '../config/config-error.js';
import { describeError } from '../logging/describe-error.js';
import type { AppOptions, RunningApp } from './start-app.js';
import { startApp } from './start-app.js';

/** How to run an app as a process. @publicApi */
export interface RunOptions<Config extends BaseConfig> extends Omit<AppOptions<Config>, 'config'> {
  /** Reads the configuration, with `readConfig`. */
  readonly config: () => Config;
}

/** sysexits.h EX_CONFIG. */
const wrongConfiguration = 78;

/** Milliseconds, after the delay, until a shutdown that hangs is cut off. */
const shutdownTime = 15_000;

/** Milliseconds that the last log lines get. */
const flushTime = 1_000;

/**
 * Runs an app as this process: until SIGTERM (then it is not ready for `SHUTDOWN_DELAY`, and still
 * answers) or SIGINT, then it drains and exits 0. Where it speaks https, SIGHUP has it read its
 * certificate again at once. A wrong configuration exits 78, any other failed start 1, each with a
 * readable message on standard error.
 *
 * @example
 * await runApp({ name: 'census', config: loadConfig, module: (config) => AppModule.forRoot(config) });
 * @publicApi
 */
export async function runApp<Config extends BaseConfig>(
  options: RunOptions<Config>,
): Promise<void> {
  try {
    const config = options.config();
    const running = await startApp({ ...options, config });
    stopOnSignals(running, config.SHUTDOWN_DELAY);
    const { reloadTls } = running;
    if (reloadTls) process.on('SIGHUP', () => void reloadTls());
  } catch (error) {
    fail(options.name, error);
  }
}

function stopOnSignals({ close, logger }: RunningApp, shutdownDelay: number): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // Ctrl-C reaches a child twice: from the terminal, and from whoever started it.
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'stopping');
    // Whoever presses Ctrl-C balances no load.
    const delay = signal === 'SIGTERM' ? shutdownDelay : 0;
    setTimeout(() => exit(1, logger), delay * 1_000 + shutdownTime).unref();
    close(delay).then(
      () => {
        logger.info('stopped');
        exit(0, logger);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'did not stop cleanly');
        exit(1, logger);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/**
 * Exits when the last line is out. When nobody reads the log, any ordinary exit would wait for that
 * reader; everything is closed by then, so the process is killed.
 */
function exit(code: number, logger: Logger): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), flushTime);
  logger.flush(() => process.exit(code));
}

function fail(name: string, error: unknown): void {
  const isConfigError = error instanceof ConfigError;
  process.stderr.write(`${name} does not start. ${explain(error)}\n`);
  process.exit(isConfigError ? wrongConfiguration : 1);
}

/** Our own refusals explain themselves; of anything else the stack is needed. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const selfExplaining = ['ConfigError', 'StorageError', 'BootAuditError', 'TypeError'];
  const isListening = 'syscall' in error && error.syscall === 'listen';
  if (selfExplaining.includes(error.name) || isListening) return error.message;
  // Without the parameters that database errors carry.
  const { stack, message } = describeError(error);
  return stack ?? message;
}
